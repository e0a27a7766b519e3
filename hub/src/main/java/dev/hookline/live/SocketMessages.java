package dev.hookline.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** What a WebSocket client may say once it is known, and what it is answered. Knows no socket. */
final class SocketMessages {
    /** What follows from a message. */
    sealed interface Outcome {
        /** An answer, and nothing else. */
        record Said(ObjectNode answer) implements Outcome {}

        /** An answer, and other interests from now on. */
        record Changed(ObjectNode answer, Interests interests) implements Outcome {}

        /** It wants to go on after a position. */
        record Resume(long since) implements Outcome {}

        /** It says who it is, again. */
        record Authenticate(String token) implements Outcome {}
    }

    /** What is wrong with a message, in words for the client. */
    private static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        Wrong(String message) {
            super(message, null, false, false);
        }
    }

    private final Function<String, Set<String>> modelsOfAppType;

    /**
     * With the app types of the tenant's devices.
     *
     * @param modelsOfAppType empty for a type that is not known
     */
    SocketMessages(Function<String, Set<String>> modelsOfAppType) {
        this.modelsOfAppType = modelsOfAppType;
    }

    /** The interests of a client that has just come. */
    Interests none(String appType) {
        return appType.isEmpty()
                ? Interests.none(null, Set.of())
                : Interests.none(appType, modelsOfAppType.apply(appType));
    }

    static ObjectNode error(String message) {
        return Json.object().put("type", "error").put("message", message);
    }

    static ObjectNode status(String message) {
        return Json.object().put("type", "status").put("message", message);
    }

    /** What becomes of a message. */
    Outcome handle(Interests interests, String text) {
        ObjectNode message;
        try {
            message = Json.parseObject(text.getBytes(StandardCharsets.UTF_8));
        } catch (Json.Invalid e) {
            return new Outcome.Said(error("Invalid JSON"));
        }
        try {
            return handle(interests, message);
        } catch (Wrong e) {
            return new Outcome.Said(error(String.valueOf(e.getMessage())));
        }
    }

    private Outcome handle(Interests interests, ObjectNode message) throws Wrong {
        JsonNode said = message.path("type");
        String type = said.isTextual() ? said.textValue() : said.isMissingNode() ? "null" : said.toString();
        return switch (type) {
            case "ping" -> new Outcome.Said(pong(message));
            case "subscribe" -> subscribe(interests, message);
            case "unsubscribe" -> unsubscribe(interests, message);
            case "subscribe_model" -> records(interests, message, true);
            case "unsubscribe_model" -> records(interests, message, false);
            case "subscribe_live_tracking" -> track(interests);
            case "subscribe_model_channel" -> model(interests, message, true);
            case "unsubscribe_model_channel" -> model(interests, message, false);
            case "resume" -> new Outcome.Resume(since(message));
            case "auth" -> new Outcome.Authenticate(name(message, "token", 8_192));
            default -> new Outcome.Said(error("Unknown message type: " + cut(type)));
        };
    }

    private static ObjectNode pong(ObjectNode message) {
        ObjectNode pong = Json.object().put("type", "pong");
        pong.set("timestamp", message.get("timestamp"));
        return pong;
    }

    private Outcome subscribe(Interests interests, ObjectNode message) throws Wrong {
        String channel = name(message, "channel");
        Interests more = interests.with(channel);
        if (channel.equals(Push.SYNC_EVENTS) && message.has("app_type")) {
            String appType = name(message, "app_type");
            more = more.as(appType, modelsOfAppType.apply(appType));
        }
        return changed(status("Subscribed to " + channel).put("channel", channel), more);
    }

    private static Outcome unsubscribe(Interests interests, ObjectNode message) throws Wrong {
        String channel = name(message, "channel");
        return changed(status("Unsubscribed from " + channel).put("channel", channel), interests.without(channel));
    }

    private static Outcome track(Interests interests) throws Wrong {
        ObjectNode answer = status("Subscribed to live tracking").put("channel", Push.LIVE_TRACKING);
        ArrayNode models = answer.putArray("models");
        Interests.TRACKED.forEach(models::add);
        return changed(answer, interests.with(Push.LIVE_TRACKING));
    }

    private static Outcome model(Interests interests, ObjectNode message, boolean on) throws Wrong {
        String model = name(message, "model");
        String channel = Interests.MODEL_CHANNEL + model;
        ObjectNode answer = status((on ? "Subscribed to all " : "Unsubscribed from all ") + model + " events")
                .put("channel", channel)
                .put("model", model);
        return changed(answer, on ? interests.with(channel) : interests.without(channel));
    }

    private static Outcome records(Interests interests, ObjectNode message, boolean on) throws Wrong {
        JsonNode ids = message.path("record_ids");
        if (isBlank(message, "system_id") || isBlank(message, "model") || !ids.isArray() || ids.isEmpty()) {
            throw new Wrong("system_id, model, and record_ids are required");
        }
        Set<String> keys = new LinkedHashSet<>();
        for (JsonNode id : ids) {
            if (!(id.isIntegralNumber() || id.isTextual()) || id.asText().length() > Limits.NAME_CHARS_MAX) {
                throw new Wrong("record_ids must be numbers or texts");
            }
            keys.add(id.asText());
        }
        String system = name(message, "system_id");
        String model = name(message, "model");
        ObjectNode answer = status((on ? "Subscribed to " : "Unsubscribed from ") + model + " records: ["
                        + String.join(", ", keys) + "]")
                .put("system_id", system)
                .put("model", model);
        answer.set("record_ids", ids);
        var group = new Interests.RecordGroup(system, model);
        return changed(answer, on ? interests.with(group, keys) : interests.without(group, keys));
    }

    private static Outcome changed(ObjectNode answer, Interests interests) throws Wrong {
        if (interests.isTooMuch()) {
            throw new Wrong("A connection may have " + Interests.CHANNELS_MAX + " channels, and "
                    + Interests.RECORDS_MAX + " records under " + Interests.SYSTEMS_MAX + " system_ids");
        }
        return new Outcome.Changed(answer, interests);
    }

    private static long since(ObjectNode message) throws Wrong {
        JsonNode since = message.path("since");
        if (!since.canConvertToExactIntegral() || !since.canConvertToLong() || since.longValue() < 0) {
            throw new Wrong("since must be a position, a whole number from 0");
        }
        return since.longValue();
    }

    private static boolean isBlank(ObjectNode message, String field) {
        return message.path(field).asText().isBlank();
    }

    private static String name(ObjectNode message, String field) throws Wrong {
        return name(message, field, Limits.NAME_CHARS_MAX);
    }

    private static String name(ObjectNode message, String field, int charsMax) throws Wrong {
        JsonNode value = message.path(field);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw new Wrong(field + " is required");
        }
        if (value.asText().length() > charsMax) {
            throw new Wrong(field + " is longer than " + charsMax + " characters");
        }
        return value.asText();
    }

    private static String cut(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100);
    }
}
