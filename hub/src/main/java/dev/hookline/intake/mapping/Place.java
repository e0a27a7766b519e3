package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.hookline.http.Problem;
import org.jspecify.annotations.Nullable;

/** Where a value comes from: {@code a.b[0]}, {@code header:NAME} or {@code query:NAME}. */
sealed interface Place {
    String HEADER = "header:";
    String QUERY = "query:";

    /** What is there; null when nothing is. */
    @Nullable
    JsonNode in(Input input);

    static Place parse(String text, String at) throws Problem {
        if (text.startsWith(HEADER) && text.length() > HEADER.length()) {
            return new Header(text.substring(HEADER.length()));
        }
        if (text.startsWith(QUERY) && text.length() > QUERY.length()) {
            return new Query(text.substring(QUERY.length()));
        }
        return new InBody(JsonPath.parse(text, at));
    }

    /** In the body. */
    record InBody(JsonPath path) implements Place {
        @Override
        public @Nullable JsonNode in(Input input) {
            return path.in(input.body());
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** A header of the request. */
    record Header(String name) implements Place {
        @Override
        public @Nullable JsonNode in(Input input) {
            return textOrNull(input.header().apply(name));
        }

        @Override
        public String toString() {
            return HEADER + name;
        }
    }

    /** A parameter of the URL. */
    record Query(String name) implements Place {
        @Override
        public @Nullable JsonNode in(Input input) {
            return textOrNull(input.query().apply(name));
        }

        @Override
        public String toString() {
            return QUERY + name;
        }
    }

    /** U+0000 cannot be stored; it becomes what other bytes become that are no text. */
    private static @Nullable JsonNode textOrNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : TextNode.valueOf(text.replace('\0', '\uFFFD'));
    }
}
