package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SchemeDefinition;
import dev.hookline.kernel.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A source that comes with the hub, and whose secret comes from its environment.
 *
 * @param paths where it is called
 * @param secret null while the variable is unset
 * @param variable names the environment variable of the secret; null where users' tokens are asked for
 * @param adjustable whether calls pass the list of addresses, the rate and the log of calls
 */
public record BuiltInSource(
        String name,
        List<String> paths,
        SchemeDefinition scheme,
        @Nullable String secret,
        @Nullable String variable,
        boolean adjustable,
        BodyMapping mapping) {
    public static final String RENTAL_SITE = RentalSiteMapping.SOURCE;

    /** Seed 000. */
    public static BuiltInSource rentalSite(String tenant, @Nullable String secret) {
        return new BuiltInSource(
                RENTAL_SITE,
                List.of(RentalSiteEvent.Model.BOOKING.path, RentalSiteEvent.Model.VEHICLE.path),
                scheme(secret == null ? "none" : "hmac"),
                secret,
                "ODOO_WEBHOOK_SECRET",
                true,
                new RentalSiteMapping.Body(tenant));
    }

    /** Publishing, for users: listed beside the others, its calls being those of the API. */
    public static BuiltInSource publish() {
        return new BuiltInSource(
                "publish",
                List.of("/api/v1/tenant/webhooks/events"),
                scheme("bearer"),
                null,
                null,
                false,
                (_, _, _) -> {
                    throw Problem.of(409, "What users publish is not replayed");
                });
    }

    static SchemeDefinition scheme(String name) {
        ObjectNode definition = Json.object().put("name", name);
        try {
            return SchemeDefinition.parse(definition);
        } catch (Problem e) {
            throw new IllegalStateException("The definition of " + name + " is complete as it is", e);
        }
    }

    @Override
    public String toString() {
        return "BuiltInSource[name=" + name + ", paths=" + paths + "]";
    }
}
