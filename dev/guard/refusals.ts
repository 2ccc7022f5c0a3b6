import type { ServerResponse } from "node:http";

const RETRY_S = 5;

export interface GuardProblem {
  type: string;
  title: string;
  status: number;
  detail: string;
}

export const BUSY: GuardProblem = {
  type: "urn:edgetape:problem:busy",
  title: "Busy",
  status: 503,
  detail:
    "This server has as many requests and viewers under way as its descriptors allow. Nothing of this request was taken: send it again. Its operator can raise the hard limit of descriptors (ulimit -H -n).",
};
export const UNREADABLE: GuardProblem = {
  type: "urn:edgetape:problem:unreadable-request",
  title: "Not readable",
  status: 400,
  detail: "The head of this request is none that can be handed on. Nothing of it was taken.",
};

/** Answers with the problem, and nothing more on this connection. */
export function refuse(response: ServerResponse, problem: GuardProblem): void {
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    "content-type": "application/problem+json",
    ...(problem === BUSY && { "retry-after": String(RETRY_S) }),
    ...{ "content-length": Buffer.byteLength(body), connection: "close" },
  });
  response.end(body);
}
