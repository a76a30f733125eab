import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pause } from "./pause";

describe("what others write waits", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("while the person composes, and no longer", () => {
    const pause = new Pause(() => undefined);
    expect(pause.mustWait(10)).toBe(false);
    let isBusy = true;
    pause.while(() => isBusy);
    expect(pause.mustWait(10)).toBe(true);
    isBusy = false;
    expect(pause.mustWait(10)).toBe(false);
  });

  it("not for ever, nor if it is much", () => {
    const resume = vi.fn();
    const pause = new Pause(resume);
    pause.while(() => true);
    expect(pause.mustWait(10)).toBe(true);
    expect(pause.mustWait(2 << 20)).toBe(false);
    vi.advanceTimersByTime(14_900);
    expect(resume).not.toHaveBeenCalled();
    expect(pause.mustWait(10)).toBe(true);
    vi.advanceTimersByTime(100);
    expect(resume).toHaveBeenCalledOnce();
    expect(pause.mustWait(10)).toBe(false);
  });
});
