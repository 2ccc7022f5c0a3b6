/** The page is of an older build than the server's. What is shown stays until the reader lets go of it. */
export function NewerBuild() {
  return (
    <div class="newer-build" role="status">
      A new version is there.
      <button class="button is-quiet" type="button" onClick={() => window.location.reload()}>
        Reload
      </button>
    </div>
  );
}
