package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table of targets: what was measured, beside its limit.
 *
 * @param unit of the figures
 * @param limit null where the target is a bound and not a ratio
 * @param target what the ratio, or where there is no limit the figure, must reach
 * @param atLeast whether the target is a lower bound, else an upper one
 * @param details of one line, for the reader; empty for none
 */
record Row(
        String name,
        String unit,
        Figures measured,
        @Nullable Figures limit,
        double target,
        boolean atLeast,
        String details) {

    double result() {
        return limit == null ? measured.median() : measured.over(limit);
    }

    boolean reached() {
        return atLeast ? result() >= target : result() <= target;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%-44s %30s %30s %8s %8s  %s%s",
                name,
                text(measured),
                limit == null ? "" : text(limit),
                limit == null ? "" : String.format(Locale.ROOT, "%.2f", result()),
                (atLeast ? "≥ " : "≤ ") + number(target),
                reached() ? "reached" : "MISSED",
                details.isEmpty() ? "" : "\n    " + details);
    }

    private String text(Figures figures) {
        return number(figures.median()) + " (" + number(figures.min()) + "–" + number(figures.max()) + ") " + unit;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
    }

    ObjectNode json() {
        ObjectNode row = Json.object().put("name", name).put("unit", unit);
        put(row, "measured", measured);
        if (limit != null) {
            put(row, "limit", limit);
            row.put("ratio", result());
        }
        return row.put("target", (atLeast ? ">= " : "<= ") + number(target))
                .put("reached", reached())
                .put("details", details);
    }

    private static void put(ObjectNode row, String field, Figures figures) {
        ObjectNode at = row.putObject(field)
                .put("median", figures.median())
                .put("min", figures.min())
                .put("max", figures.max());
        figures.rounds().forEach(at.withArray("rounds")::add);
    }
}
