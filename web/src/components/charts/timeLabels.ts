const DAY_MS = 86_400_000;

/** The words under the time axis: times of day, and the date where a day begins or where a step is a day or more. */
export function timeLabels(language: string, times: readonly number[], step: number): string[] {
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });
  const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  return times.map((time) => {
    const at = new Date(time);
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
    return (step >= DAY_MS || isMidnight ? day : clock).format(at);
  });
}
