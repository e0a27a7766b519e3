package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a mapping is applied to: a body and what came with it. */
record Input(JsonNode body, Function<String, @Nullable String> header, Function<String, @Nullable String> query) {
    Input of(JsonNode part) {
        return new Input(part, header, query);
    }
}
