import "./page.css";

/** What the page gains by a script: its own address in the examples, and a button that copies each. */

for (const block of document.querySelectorAll<HTMLElement>("pre.code")) {
  const code = block.querySelector("code");
  if (code === null) continue;
  const { address } = block.dataset;
  if (address !== undefined && code.textContent !== null) {
    code.textContent = code.textContent.replaceAll(address, location.origin);
  }
  block.append(copyButton(code));
}

// A link to a shape leads to what is closed.
addEventListener("hashchange", openTarget);
openTarget();

function copyButton(code: HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    button.textContent = (await copied(code)) ? "Copied" : "Selected";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1_500);
  });
  return button;
}

/** False where the browser lets no page copy, as over plain http: the text is selected then. */
async function copied(code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return false;
  }
}

function openTarget(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
