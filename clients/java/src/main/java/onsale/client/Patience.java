package onsale.client;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * How often and how late a call is sent again: the rules of docs/client.en.md.
 *
 * @param tries how often it is sent at most
 * @param tryLimit the longest time of one try
 * @param longestPause a server that asks for a longer pause gets no further try
 * @param draw from 0 to 1
 * @param sleeper waits
 */
public record Patience(int tries, Duration tryLimit, Duration longestPause, DoubleSupplier draw, Sleeper sleeper) {
    /** The server has no time, or was not reached. */
    private static final Set<Integer> AGAIN = Set.of(0, 429, 502, 503, 504);
    /** Longest pause that is drawn without a word of the server. */
    private static final double LONGEST_DRAWN_SECONDS = 30;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** What waits between two tries. */
    @FunctionalInterface
    public interface Sleeper {
        /** Waits for so long. */
        void sleep(Duration pause) throws InterruptedException;
    }

    /** Six tries of 15 seconds; no pause above a minute. */
    public static Patience standard() {
        return new Patience(
                6,
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                () -> ThreadLocalRandom.current().nextDouble(),
                pause -> Thread.sleep(pause.toMillis()));
    }

    /** The same with so many tries. */
    public Patience withTries(int other) {
        return new Patience(other, tryLimit, longestPause, draw, sleeper);
    }

    /** The same with this longest time of a try. */
    public Patience withTryLimit(Duration other) {
        return new Patience(tries, other, longestPause, draw, sleeper);
    }

    /** The same with other chance. */
    public Patience withDraw(DoubleSupplier other) {
        return new Patience(tries, tryLimit, longestPause, other, sleeper);
    }

    /** The same with another sleep. */
    public Patience withSleeper(Sleeper other) {
        return new Patience(tries, tryLimit, longestPause, draw, other);
    }

    /** The pause before the next try, after {@code tried} tries; empty: this reply is the last. */
    public Optional<Duration> pause(int tried, int status, Optional<String> retryAfter) {
        if (!AGAIN.contains(status) || tried >= tries) {
            return Optional.empty();
        }
        double asked = seconds(retryAfter);
        if (asked > longestPause.toMillis() / 1_000.0) {
            return Optional.empty();
        }
        // As much again at random: all that were refused together must not come back together.
        double seconds = asked > 0
                ? asked + draw.getAsDouble() * asked
                : draw.getAsDouble() * Math.min(LONGEST_DRAWN_SECONDS, Math.pow(2, tried - 1));
        return Optional.of(Duration.ofMillis(Math.round(seconds * 1_000)));
    }

    private static double seconds(Optional<String> retryAfter) {
        try {
            double seconds = Double.parseDouble(retryAfter.orElse(""));
            return Double.isFinite(seconds) && seconds > 0 ? seconds : 0;
        } catch (NumberFormatException notSeconds) {
            return 0;
        }
    }

    /** An Idempotency-Key that no other call has. */
    public static String newKey() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
