/** A point as frames have it. */
export const POINT = '{"kind":"metric","ts":5,"metric":"m","value":1}';

/** Texts that nearly are that point. */
export const NO_POINTS: readonly string[] = [
  `${POINT} `,
  POINT.slice(0, -1),
  POINT.replace("5", ""),
  POINT.replace("5", "5.5"),
  POINT.replace("5", "12345678901234567"),
  POINT.replace('"m"', "7"),
  POINT.replace(":1}", ":}"),
  POINT.replace(":1}", ':1,"labels":{"a":"b"}'),
  POINT.replace(":1}", ':1,"labels":null}'),
];
