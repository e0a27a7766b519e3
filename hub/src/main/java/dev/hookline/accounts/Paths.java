package dev.hookline.accounts;

import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import java.util.Optional;

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
            throw Problem.field(parameter, "'" + parameter + "' must be an id");
        }
    }
}
