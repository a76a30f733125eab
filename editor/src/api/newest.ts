/**
 * Answers can overtake one another: the answer to an older question may come after that to a newer one, and must not
 * be shown over it.
 *
 * @param ask Asks the server.
 * @returns Asks the server; the answer is null where one that was asked for later has come already.
 */
export function newest<Args extends unknown[], Answer>(
  ask: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer | null> {
  let asked = 0;
  let answered = 0;
  return async (...args) => {
    asked += 1;
    const number = asked;
    const answer = await ask(...args);
    if (number < answered) return null;
    answered = number;
    return answer;
  };
}
