/** What is asked of another object or runtime. Rejects as `work` does, or where that has not ended within `ms`. */
export async function inTime<Said>(work: Promise<Said>, ms: number): Promise<Said> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
