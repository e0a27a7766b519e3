package dev.hookline.intake.signature;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A call for schemes to judge; header names in any case, as HTTP has them. */
record TestCall(
        String text,
        Map<String, String> headers,
        Map<String, String> queries,
        @Nullable String pathSecret) implements SignedCall {
    static TestCall of(String body, String... headers) {
        TreeMap<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        return new TestCall(body, all, Map.of(), null);
    }

    static TestCall of(String body, Proof proof) {
        TreeMap<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(proof.headers());
        return new TestCall(body, all, proof.query(), proof.pathSecret());
    }

    TestCall with(String header, @Nullable String value) {
        TreeMap<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        if (value == null) {
            all.remove(header);
        } else {
            all.put(header, value);
        }
        return new TestCall(text, all, queries, pathSecret);
    }

    @Override
    public byte[] body() {
        return text.getBytes(UTF_8);
    }

    @Override
    public @Nullable String header(String name) {
        return headers.get(name);
    }

    @Override
    public @Nullable String query(String name) {
        return queries.get(name);
    }
}
