package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a body becomes an event. What a definition says stands in this package's documentation. A body that is no object is
 * mapped as {@code {"body": …}}, one that is a list too unless {@code split} is {@code $}. Immutable, safe for threads.
 */
public final class Mapping {
    private static final int DEFINITION_CHARS_MAX = 64 << 10;
    private static final int EVENTS_MAX = 1_000;
    private static final String AT = "mapping";
    private static final Set<String> OWN_KEYS = Set.of("description", "split");

    private final ObjectNode definition;
    private final @Nullable JsonPath split;
    private final List<Shape> shapes;

    private Mapping(ObjectNode definition, @Nullable JsonPath split, List<Shape> shapes) {
        this.definition = definition;
        this.split = split;
        this.shapes = List.copyOf(shapes);
    }

    /**
     * Reads a definition.
     *
     * @throws Problem 422 for a wrong one, naming the place: {@code mapping.fields[2].type}
     */
    public static Mapping parse(JsonNode definition) throws Problem {
        DefinitionReader.requireSmall(definition, DEFINITION_CHARS_MAX, AT);
        boolean several = definition.hasNonNull("variants");
        Set<String> known = new HashSet<>(several ? Set.of("variants") : Shape.KEYS);
        known.addAll(OWN_KEYS);
        DefinitionReader reader = DefinitionReader.of(definition, AT, known);
        reader.text("description");
        List<Shape> shapes = new ArrayList<>();
        if (several) {
            for (ObjectNode variant : reader.variants()) {
                String at = AT + ".variants[" + shapes.size() + "]";
                shapes.add(new Shape(DefinitionReader.of(variant, at, Shape.KEYS)));
            }
        } else {
            shapes.add(new Shape(reader));
        }
        return new Mapping(reader.copy(), reader.path("split"), shapes);
    }

    /** The definition, as it was read. */
    public ObjectNode definition() {
        return definition.deepCopy();
    }

    /** The mappings that come with the hub, by name: {@code order}, {@code shopify-order}, {@code raw} and others. */
    public static Map<String, Mapping> templates() {
        return Templates.ALL;
    }

    /**
     * One of {@link #templates}.
     *
     * @throws IllegalArgumentException when there is none of that name
     */
    public static Mapping template(String name) {
        Mapping mapping = Templates.ALL.get(name);
        if (mapping == null) {
            throw new IllegalArgumentException("There is no mapping '" + name + "'");
        }
        return mapping;
    }

    /**
     * The one event that a body makes; lists and tests are no concern of this method.
     *
     * @param header a header's value by name, in any case; null where there is none
     * @param query a parameter's value by name; null where there is none
     * @throws Problem 422 naming the field that is missing or wrong
     */
    public Mapped map(
            JsonNode payload, Function<String, @Nullable String> header, Function<String, @Nullable String> query)
            throws Problem {
        Input input = new Input(asObject(payload), header, query);
        return shape(input).map(input);
    }

    /**
     * The events that a body makes: several where it is a batch, none where it is only a test.
     *
     * @throws Problem 422 naming the field that is missing or wrong; in a batch the first that is
     */
    public List<Mapped> mapAll(
            JsonNode payload, Function<String, @Nullable String> header, Function<String, @Nullable String> query)
            throws Problem {
        JsonNode items = split == null ? null : split.in(payload);
        Input input = new Input(asObject(payload), header, query);
        if (!(items instanceof ArrayNode array)) {
            Mapped event = shape(input).mapUnlessTest(input);
            return event == null ? List.of() : List.of(event);
        }
        if (array.isEmpty() || array.size() > EVENTS_MAX) {
            throw Problem.field(String.valueOf(split), "'" + split + "' must be a list of 1 to " + EVENTS_MAX);
        }
        List<Mapped> events = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            Mapped event = mapItem(input.of(asObject(array.get(i))), i);
            if (event != null) {
                events.add(event);
            }
        }
        return events;
    }

    private @Nullable Mapped mapItem(Input item, int number) throws Problem {
        try {
            return shape(item).mapUnlessTest(item);
        } catch (Problem problem) {
            String place = split + "[" + number + "]";
            String field = problem.field() == null ? place : place + "." + problem.field();
            throw Problem.field(field, place + ": " + problem.text());
        }
    }

    private Shape shape(Input input) throws Problem {
        for (Shape shape : shapes) {
            if (shape.fits(input)) {
                return shape;
            }
        }
        throw Problem.of(422, "The body has none of the shapes that are known here");
    }

    private static ObjectNode asObject(JsonNode body) {
        if (body instanceof ObjectNode object) {
            return object;
        }
        ObjectNode wrapped = Json.object();
        wrapped.set("body", body);
        return wrapped;
    }

    /**
     * What {@link #mapAll} would do, for people; nothing is stored: {@code {"accepted":true,"events":[…]}}, or {@code
     * {"accepted":false,"message":"…","field":"…"}}.
     */
    public ObjectNode tryOn(
            JsonNode payload, Function<String, @Nullable String> header, Function<String, @Nullable String> query) {
        ObjectNode answer = Json.object();
        try {
            List<Mapped> events = mapAll(payload, header, query);
            answer.put("accepted", true)
                    .put(
                            "message",
                            events.isEmpty()
                                    ? "Taken for a test: it would be answered 200, and nothing stored"
                                    : "It would store " + events.size() + (events.size() == 1 ? " event" : " events"));
            ArrayNode list = answer.putArray("events");
            events.forEach(event -> list.add(event.describe()));
        } catch (Problem problem) {
            answer.put("accepted", false).put("message", problem.text()).put("field", problem.field());
        }
        return answer;
    }
}
