package dev.hookline.delivery;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The attempts that outcomes came from as columns, a row for each outcome, of nulls where no attempt was made. */
final class AttemptColumns {
    /** One array. */
    record Column(String type, List<@Nullable Object> values) {}

    private final List<Column> all;

    AttemptColumns(List<Outcome> outcomes, Map<DeliveryKey, Attempt> attempts) {
        List<@Nullable Attempt> rows = new ArrayList<>(outcomes.size());
        outcomes.forEach(outcome -> rows.add(attempts.get(outcome.key())));
        all = List.of(
                column("int8", rows, attempt -> ChronoUnit.MICROS.between(Instant.EPOCH, attempt.startedAt())),
                column(
                        "int4",
                        rows,
                        attempt -> attempt.result() instanceof SendResult.Answered(int code) ? code : null),
                column("text", rows, attempt -> attempt.result().errorClass()),
                column(
                        "text",
                        rows,
                        attempt -> attempt.result().delivered()
                                ? null
                                : OutcomeColumns.storable(attempt.result().error())),
                column(
                        "int8",
                        rows,
                        attempt -> micros(attempt.exchange().timing().resolve())),
                column(
                        "int8",
                        rows,
                        attempt -> micros(attempt.exchange().timing().connect())),
                column(
                        "int8",
                        rows,
                        attempt -> micros(attempt.exchange().timing().answer())),
                answer(rows, Exchange.Answer::httpVersion),
                column("text", rows, AttemptColumns::headers),
                answer(rows, Exchange.Answer::text));
    }

    /** In the order of the statement. */
    List<Column> all() {
        return all;
    }

    private static Column column(String type, List<@Nullable Attempt> rows, Function<Attempt, @Nullable Object> value) {
        List<@Nullable Object> values = new ArrayList<>(rows.size());
        rows.forEach(attempt -> values.add(attempt == null ? null : value.apply(attempt)));
        return new Column(type, values);
    }

    private static Column answer(List<@Nullable Attempt> rows, Function<Exchange.Answer, @Nullable Object> value) {
        return column("text", rows, attempt -> {
            Exchange.Answer answer = attempt.exchange().answer();
            return answer == null ? null : value.apply(answer);
        });
    }

    private static @Nullable Long micros(@Nullable Duration duration) {
        return duration == null ? null : duration.toNanos() / 1_000;
    }

    /** A line each; a header's value has no line break. */
    private static String headers(Attempt attempt) {
        StringBuilder lines = new StringBuilder(640);
        attempt.headers()
                .forEach((name, value) ->
                        lines.append(name).append(": ").append(value).append('\n'));
        return lines.toString();
    }
}
