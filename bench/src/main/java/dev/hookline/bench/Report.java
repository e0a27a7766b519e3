package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Prints rows as a table, and keeps them as JSON in {@code bench/target/results}. */
final class Report {
    private Report() {}

    static void of(String benchmark, List<Row> rows) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%n%-44s %30s %30s %8s %8s%n",
                benchmark,
                "measured, median (min–max)",
                "limit, median (min–max)",
                "ratio",
                "target");
        rows.forEach(row -> System.out.println(row.line()));
        System.out.println();
        ObjectNode report = Json.object()
                .put("benchmark", benchmark)
                .put("at", Time.system().now().toString())
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("java", System.getProperty("java.vm.version"));
        rows.forEach(row -> report.withArray("rows").add(row.json()));
        write(benchmark, report);
    }

    static void write(String benchmark, JsonNode report) throws IOException {
        Path results = Path.of("bench", "target", "results");
        Files.createDirectories(results);
        Files.writeString(results.resolve(benchmark + ".json"), report.toPrettyString() + "\n");
    }
}
