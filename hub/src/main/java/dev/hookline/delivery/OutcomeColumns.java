package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** Outcomes as columns, one array each. Texts are cut, and made such that PostgreSQL can hold them. */
final class OutcomeColumns {
    private static final int ERROR_CHARS_MAX = 500;

    /** Dead, and what follows of its record waits. */
    private static final String BLOCKING = "blocking";

    final Long[] subscriptions;
    final Long[] positions;
    final String[] statuses;
    final Integer[] attempts;
    final Integer[] codes;
    final String[] errors;
    final Long[] delayMillis;

    OutcomeColumns(List<Outcome> outcomes) {
        int size = outcomes.size();
        subscriptions = new Long[size];
        positions = new Long[size];
        statuses = new String[size];
        attempts = new Integer[size];
        codes = new Integer[size];
        errors = new String[size];
        delayMillis = new Long[size];
        for (int i = 0; i < size; i++) {
            Outcome outcome = outcomes.get(i);
            subscriptions[i] = outcome.key().subscription();
            positions[i] = outcome.key().position();
            attempts[i] = outcome.attempts();
            delayMillis[i] = 0L;
            switch (outcome) {
                case Outcome.Delivered delivered -> {
                    statuses[i] = "delivered";
                    codes[i] = delivered.code();
                }
                case Outcome.Retry retry -> {
                    statuses[i] = "retrying";
                    codes[i] = retry.code();
                    errors[i] = storable(retry.error());
                    delayMillis[i] = retry.delay().toMillis();
                }
                case Outcome.Dead dead -> {
                    statuses[i] = dead.blocks() ? BLOCKING : "dead";
                    codes[i] = dead.code();
                    errors[i] = storable(dead.error());
                    delayMillis[i] = dead.blocks() ? -1L : 0;
                }
                case Outcome.Released _ -> statuses[i] = "pending";
                case Outcome.Cancelled _ -> statuses[i] = "cancelled";
            }
        }
    }

    /** Errors may quote what a receiver sent: any bytes, of any length. */
    static String storable(String error) {
        String cut =
                error.substring(0, Math.min(error.length(), ERROR_CHARS_MAX)).replace('\0', '\uFFFD');
        return new String(cut.getBytes(UTF_8), UTF_8);
    }
}
