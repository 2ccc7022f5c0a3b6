/**
 * Parts as the body of an answer, texts or bytes, each made when the reader has taken the one before: a slow reader holds one. Where
 * `parts` fails the stream breaks off, so that no reader takes what it has for the whole; `onFailure` is told.
 */
export function streamOf(
  parts: AsyncGenerator<string | Uint8Array<ArrayBuffer>, void>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const bytesOf = (part: string | Uint8Array<ArrayBuffer>) =>
    typeof part === "string" ? encoder.encode(part) : part;
  let isLeft = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await parts.next();
          // The reader may have gone while the part was made, and nothing has failed then.
          if (isLeft) return;
          if (next.done) controller.close();
          else controller.enqueue(bytesOf(next.value));
        } catch (error) {
          if (isLeft) return;
          onFailure(error);
          controller.error(error);
        }
      },
      async cancel() {
        isLeft = true;
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
