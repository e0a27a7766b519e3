package dev.hookline.accounts;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.kernel.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Ids and pages in paths and queries. */
final class Paths {
    private static final int PAGE_MAX = 1_000;
    private static final int PAGE_DEFAULT = 100;

    private Paths() {}

    /** The path's {@code :id}; what is no number names nothing. */
    static long id(Call call, String thing) throws Problem {
        try {
            return Long.parseLong(call.path("id"));
        } catch (NumberFormatException e) {
            throw noSuch(thing);
        }
    }

    static Problem noSuch(String thing) {
        return Problem.of(404, "There is no " + thing + " with this id");
    }

    static int limit(Call call) throws Problem {
        return call.query("limit", PAGE_DEFAULT, 1, PAGE_MAX);
    }

    /** A position in a list; empty when the query does not say it. */
    static Optional<Long> position(Call call, String parameter) throws Problem {
        String text = call.query(parameter);
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw Problem.query(parameter, "'" + parameter + "' must be an id");
        }
    }

    /** A page of a list; {@code next} is null on the last. */
    static <T> Reply page(List<T> page, int limit, Function<T, ObjectNode> json, Function<T, Object> id) {
        ObjectNode answer = Json.object().put("count", page.size());
        ArrayNode data = answer.putArray("data");
        page.forEach(one -> data.add(json.apply(one)));
        answer.put("next", page.size() == limit ? String.valueOf(id.apply(page.getLast())) : null);
        return Reply.ok(answer);
    }
}
