package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.intake.signature.Scheme;
import dev.hookline.intake.signature.SchemeDefinition;
import dev.hookline.kernel.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A source that comes with the hub, and whose secret comes from its environment; see {@link SecretsInForce}.
 *
 * @param paths where it is called
 * @param secret null while the variable is unset
 * @param variable names the environment variable of the secret; null where users' tokens are asked for
 * @param addressRatePerMinute the limit of one address' calls without proof that it starts with; null for none
 * @param adjustable whether calls pass the list of addresses, the rate and the log of calls
 */
public record BuiltInSource(
        String name,
        List<String> paths,
        SchemeDefinition scheme,
        @Nullable String secret,
        @Nullable String variable,
        @Nullable Integer addressRatePerMinute,
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
                Source.ADDRESS_RATE_PER_MINUTE,
                true,
                new RentalSiteMapping.Body(tenant));
    }

    /** Seed 002. */
    public static BuiltInSource orders(String tenant, @Nullable String secret) {
        return new BuiltInSource(
                OrderRoutes.SOURCE,
                List.of(OrderRoutes.PATH),
                scheme(secret == null ? "none" : "hmac"),
                secret,
                "WEBHOOK_SECRET",
                null,
                true,
                new OrderBody(tenant));
    }

    /** What Odoo pushes, seed 001; with the key, or with a user's token. */
    public static BuiltInSource odoo(String tenant, @Nullable String apiKey) {
        return new BuiltInSource(
                OdooModuleRoutes.SOURCE,
                List.of(OdooModuleRoutes.PATH),
                scheme(apiKey == null ? "bearer" : "api-key"),
                apiKey,
                "WEBHOOK_PUSH_API_KEY",
                null,
                true,
                new MappedBody(tenant, OdooModuleRoutes.SOURCE, Mapping.template("odoo")));
    }

    /** Publishing, for users: listed beside the others, its calls being those of the API. */
    public static BuiltInSource publish() {
        return new BuiltInSource(
                "publish",
                List.of("/api/v1/tenant/webhooks/events"),
                scheme("bearer"),
                null,
                null,
                null,
                false,
                (_, _, _) -> {
                    throw Problem.of(409, "What users publish is not replayed");
                });
    }

    /** The scheme under a secret. Orders come signed in more than one way. */
    Scheme under(String key) throws Problem {
        return name.equals(OrderRoutes.SOURCE) && scheme.proves() ? new OrderSignature(key) : scheme.under(key);
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
