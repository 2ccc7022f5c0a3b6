/**
 * Texts as the body of an answer, each made when the reader has taken the one before: a slow reader holds one. Where
 * `texts` fails the stream breaks off, so that no reader takes what it has for the whole; `onFailure` is told.
 */
export function streamOf(
  texts: AsyncGenerator<string, void>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isLeft = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await texts.next();
          // The reader may have gone while the text was made, and nothing has failed then.
          if (isLeft) return;
          if (next.done) controller.close();
          else controller.enqueue(encoder.encode(next.value));
        } catch (error) {
          if (isLeft) return;
          onFailure(error);
          controller.error(error);
        }
      },
      async cancel() {
        isLeft = true;
        await texts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
