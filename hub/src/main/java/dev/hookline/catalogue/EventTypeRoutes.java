package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/event-types}: the built-in types, which cannot be changed, and the tenant's own; and {@code
 * /api/v1/tenant/catalogue}, which says what becomes of published events that are not as their schema says. Anyone of the
 * tenant reads, an administrator changes.
 */
public final class EventTypeRoutes implements Routes {
    private static final String TYPES = "/api/v1/event-types";
    private static final String SETTINGS = "/api/v1/tenant/catalogue";
    private static final Rule READ = Rule.of(Role.VIEWER, Scope.CATALOGUE_READ);
    private static final Rule WRITE = Rule.of(Role.ADMIN, Scope.CATALOGUE_WRITE);
    private static final int BODY_BYTES_MAX = 256 << 10;
    private static final int DESCRIPTION_CHARS_MAX = 1_000;
    private static final int JSON_CHARS_MAX = 32 << 10;
    private static final int TYPES_MAX = 200;
    private static final long TENANT_BYTES_MAX = 1 << 20;

    private final Catalogue catalogue;
    private final PostgresCatalogue store;
    private final BusinessEvents businessEvents;

    public EventTypeRoutes(Catalogue catalogue, PostgresCatalogue store, BusinessEvents businessEvents) {
        this.catalogue = catalogue;
        this.store = store;
        this.businessEvents = businessEvents;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, TYPES, READ, 0, this::list);
        api.secured(HttpMethod.POST, TYPES, WRITE, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, TYPES + "/:name", READ, 0, this::show);
        api.secured(HttpMethod.PUT, TYPES + "/:name", WRITE, BODY_BYTES_MAX, this::put);
        api.secured(HttpMethod.PATCH, TYPES + "/:name", WRITE, BODY_BYTES_MAX, this::change);
        api.secured(HttpMethod.DELETE, TYPES + "/:name", WRITE, 0, this::delete);
        api.secured(HttpMethod.GET, SETTINGS, READ, 0, this::settings);
        api.secured(HttpMethod.PATCH, SETTINGS, WRITE, BODY_BYTES_MAX, this::changeSettings);
    }

    private Reply list(Call call) {
        TenantCatalogue types = catalogue.of(call.principal().tenant());
        ObjectNode answer = Json.object().put("count", types.all().size());
        ArrayNode data = answer.putArray("data");
        types.all().forEach(type -> data.add(json(type)));
        return Reply.ok(answer);
    }

    private Reply show(Call call) throws Problem {
        EventType type = catalogue.of(call.principal().tenant()).find(call.path("name"));
        if (type == null) {
            throw noSuch();
        }
        return Reply.ok(json(type));
    }

    private Reply create(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        JsonNode name = body.path("name");
        if (!name.isTextual() || !EventTypeName.isRight(name.textValue())) {
            throw Problem.field("name", "'name' must be " + EventTypeName.RULE);
        }
        return Reply.of(201, json(edit(call, name.textValue(), (current, others) -> {
            if (current != null) {
                throw Problem.of(409, "There is an event type of this name already; PUT or PATCH changes it");
            }
            return checked(wanted(name.textValue(), body, null), others);
        })));
    }

    /** Makes the type, or replaces it: what is left out is empty afterwards. */
    private Reply put(Call call) throws Problem {
        String name = call.path("name");
        if (!EventTypeName.isRight(name)) {
            throw Problem.field("name", "The name must be " + EventTypeName.RULE);
        }
        ObjectNode body = call.jsonObject();
        boolean[] made = {false};
        EventType type = edit(call, name, (current, others) -> {
            made[0] = current == null;
            return checked(wanted(name, body, null), others);
        });
        return Reply.of(made[0] ? 201 : 200, json(type));
    }

    private Reply change(Call call) throws Problem {
        String name = call.path("name");
        ObjectNode body = call.jsonObject();
        return Reply.ok(json(edit(call, name, (current, others) -> {
            if (current == null) {
                throw noSuch();
            }
            return checked(wanted(name, body, current), others);
        })));
    }

    private Reply delete(Call call) throws Problem {
        String name = call.path("name");
        refuseBuiltIn(name);
        boolean deleted = store.delete(call.principal().tenant(), name);
        catalogue.changed(call.principal().tenant());
        if (!deleted) {
            throw noSuch();
        }
        call.audit("event_type.delete", "event_type/" + name, null, null);
        return Reply.ok(Json.object().put("success", true));
    }

    private Reply settings(Call call) {
        Validation validation = catalogue.of(call.principal().tenant()).validation();
        return Reply.ok(Json.object().put("validation", validation.text()));
    }

    private Reply changeSettings(Call call) throws Problem {
        String wanted = call.jsonObject().path("validation").asText();
        for (Validation validation : Validation.values()) {
            if (validation.text().equals(wanted)) {
                store.setValidation(call.principal().tenant(), validation);
                catalogue.changed(call.principal().tenant());
                call.audit("catalogue.change", "catalogue", null, Json.object().put("validation", wanted));
                return settings(call);
            }
        }
        throw Problem.field("validation", "'validation' must be warn or refuse");
    }

    private EventType edit(Call call, String name, PostgresCatalogue.Edit<Problem> edit) throws Problem {
        refuseBuiltIn(name);
        String tenant = call.principal().tenant();
        EventType before = catalogue.of(tenant).find(name);
        EventType type = store.edit(tenant, name, edit);
        catalogue.changed(tenant);
        call.audit("event_type.put", "event_type/" + name, before == null ? null : json(before), json(type));
        return type;
    }

    private static void refuseBuiltIn(String name) throws Problem {
        if (TenantCatalogue.isBuiltIn(name)) {
            throw Problem.of(409, "'" + name + "' comes with the hub, and cannot be changed");
        }
    }

    private static Problem noSuch() {
        return Problem.of(404, "There is no event type of this name");
    }

    /** What the body says; where it is silent, what was there before, or nothing. */
    private static EventType wanted(String name, ObjectNode body, @Nullable EventType before) throws Problem {
        return new EventType(
                name,
                body.has("description") || before == null ? description(body) : before.description(),
                body.has("schema") || before == null ? object(body, "schema") : before.schema(),
                body.has("sample") || before == null ? object(body, "sample") : before.sample(),
                null,
                null);
    }

    private static String description(ObjectNode body) throws Problem {
        JsonNode text = body.path("description");
        if (text.isMissingNode() || text.isNull()) {
            return "";
        }
        if (!text.isTextual() || text.textValue().length() > DESCRIPTION_CHARS_MAX) {
            throw Problem.field(
                    "description", "'description' must be a text of at most " + DESCRIPTION_CHARS_MAX + " characters");
        }
        return text.textValue();
    }

    private static @Nullable ObjectNode object(ObjectNode body, String field) throws Problem {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!(value instanceof ObjectNode object) || Json.write(value).length() > JSON_CHARS_MAX) {
            throw Problem.field(
                    field, "'" + field + "' must be an object of at most " + JSON_CHARS_MAX + " characters");
        }
        return object;
    }

    private static EventType checked(EventType type, PostgresCatalogue.Totals others) throws Problem {
        ObjectNode schema = type.schema();
        ObjectNode sample = type.sample();
        if (schema != null) {
            String refusal = SchemaRules.refusal(schema);
            if (refusal != null) {
                throw Problem.field("schema", "'schema' is not taken: " + refusal);
            }
        }
        if (schema != null && sample != null) {
            List<Violation> violations = PayloadSchema.untrusted(schema).check(sample);
            if (!violations.isEmpty()) {
                String path = violations.getFirst().path();
                String field = path.isEmpty() ? "sample" : "sample." + path;
                throw Problem.field(
                        field,
                        "'" + field + "' is not as the schema says: "
                                + violations.getFirst().message());
            }
        }
        if (others.types() >= TYPES_MAX) {
            throw Problem.of(409, "A tenant has at most " + TYPES_MAX + " event types of its own");
        }
        long bytes = others.bytes() + chars(schema) + chars(sample);
        if (bytes > TENANT_BYTES_MAX) {
            throw Problem.of(
                    409, "All schemas and samples of a tenant together have at most " + TENANT_BYTES_MAX + " bytes");
        }
        return type;
    }

    private static int chars(@Nullable ObjectNode json) {
        return json == null ? 0 : Json.write(json).length();
    }

    private ObjectNode json(EventType type) {
        ObjectNode json = Json.object()
                .put("name", type.name())
                .put("description", type.description())
                .put("built_in", type.builtIn());
        json.set("schema", type.schema());
        json.set("sample", type.sample());
        ArrayNode sources = json.putArray("derived_from");
        businessEvents.sourcesOf(type.name()).forEach(sources::add);
        json.put(
                "created_at", type.createdAt() == null ? null : type.createdAt().toString());
        return json.put(
                "updated_at", type.updatedAt() == null ? null : type.updatedAt().toString());
    }
}
