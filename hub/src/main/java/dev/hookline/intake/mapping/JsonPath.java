package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in a JSON body: {@code a.b[0].c}, or {@code a[*].b} for the list of all that are there. {@code $} is the body
 * itself.
 */
public final class JsonPath {
    static final String BODY = "$";
    private static final int STEPS_MAX = 20;
    private static final int EVERY = -1;
    private static final Pattern STEP = Pattern.compile("\\.?([^.\\[\\]]+)|\\[(\\d{1,6}|\\*)]");

    /** Down to a key, or where that is null to an item: {@code EVERY} for each of them. */
    private record Step(@Nullable String key, int item) {}

    private final String text;
    private final List<Step> steps;

    private JsonPath(String text, List<Step> steps) {
        this.text = text;
        this.steps = List.copyOf(steps);
    }

    /**
     * Reads a path.
     *
     * @param at where it stands in the definition, for the error
     */
    public static JsonPath parse(String text, String at) throws Problem {
        List<Step> steps = new ArrayList<>();
        if (text.equals(BODY)) {
            return new JsonPath(text, steps);
        }
        Matcher step = STEP.matcher(text);
        int end = 0;
        while (end < text.length()
                && steps.size() < STEPS_MAX
                && step.find(end)
                && step.start() == end
                && !(end == 0 && text.startsWith("."))) {
            String item = step.group(2);
            steps.add(
                    item == null
                            ? new Step(step.group(1), 0)
                            : new Step(null, item.equals("*") ? EVERY : Integer.parseInt(item)));
            end = step.end();
        }
        if (steps.isEmpty() || end < text.length() || text.length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(at, "'" + at + "' must be a path as a.b[0].c or a[*].b, not '" + text + "'");
        }
        return new JsonPath(text, steps);
    }

    /** What is there; null when nothing is. */
    public @Nullable JsonNode in(JsonNode body) {
        return in(body, 0);
    }

    private @Nullable JsonNode in(JsonNode from, int next) {
        JsonNode node = from;
        for (int i = next; i < steps.size(); i++) {
            Step step = steps.get(i);
            if (step.key == null && step.item == EVERY) {
                return node.isArray() ? every(node, i + 1) : null;
            }
            JsonNode child = step.key == null ? node.get(step.item) : node.get(step.key);
            if (child == null) {
                return null;
            }
            node = child;
        }
        return node;
    }

    private ArrayNode every(JsonNode list, int next) {
        ArrayNode found = Json.object().arrayNode();
        for (JsonNode item : list) {
            JsonNode value = in(item, next);
            if (value != null) {
                found.add(value);
            }
        }
        return found;
    }

    /** The key, where the path is one key of the body itself; null otherwise. */
    @Nullable
    String topLevelKey() {
        return steps.size() == 1 ? steps.getFirst().key : null;
    }

    @Override
    public String toString() {
        return text;
    }
}
