package dev.hookline.devicesync;

import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Call;
import dev.hookline.http.Inputs;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What the routes of both families read alike. */
final class SyncInputs {
    /** Who may pull. */
    static final Rule DEVICES = Rule.of(Role.DEVICE, Scope.SYNC);

    static final int NAME_CHARS_MAX = Limits.NAME_CHARS_MAX;
    private static final int MODELS_MAX = 100;

    private SyncInputs() {}

    /** The device that a call names: one of the caller's own, or of another user of the tenant for an administrator. */
    static Device device(Call call, Inputs inputs, int idCharsMin) throws Problem {
        long user = user(call, inputs);
        return new Device(call.principal().tenant(), user, inputs.required("device_id", idCharsMin, NAME_CHARS_MAX));
    }

    static long user(Call call, Inputs inputs) throws Problem {
        long user = inputs.required("user_id", 0, Long.MAX_VALUE);
        call.actFor(user);
        return user;
    }

    static List<String> models(Inputs inputs, String name) throws Problem {
        return inputs.texts(name, MODELS_MAX, NAME_CHARS_MAX);
    }

    static boolean isActive(PostgresDevices.State state, Duration activeFor, Instant now) {
        Instant seen = state.syncedAt() == null ? state.createdAt() : state.syncedAt();
        return seen.plus(activeFor).isAfter(now);
    }
}
