// Times as the history says them: one formatter of each kind, for making one takes longer than using it.

export class Times {
  readonly #moment: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;

  constructor(locale: string) {
    this.#moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
    this.#clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
    this.#day = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
  }

  /** Return date and time of day. */
  moment(time: string): string {
    return this.#moment.format(new Date(time));
  }

  /** Return the time of day. */
  clock(time: string): string {
    return this.#clock.format(new Date(time));
  }

  /** Return the date in full; `date` is local, as YYYY-MM-DD. */
  day(date: string): string {
    return this.#day.format(new Date(`${date}T12:00:00`));
  }
}
