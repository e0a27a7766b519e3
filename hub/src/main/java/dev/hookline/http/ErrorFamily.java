package dev.hookline.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import org.jspecify.annotations.Nullable;

/** How errors look, by the path they are answered on (decision 5). */
enum ErrorFamily {
    /**
     * {@code {"error":{"type":…,"message":…,"request_id":…}}}. Where a field is wrong, {@code details} say where and why, and
     * the message is always the same, as BridgeCore's clients know it.
     */
    BRIDGECORE {
        @Override
        ObjectNode body(int status, String message, @Nullable Field field, String requestId) {
            ObjectNode body = Json.object();
            ObjectNode error = body.putObject("error")
                    .put("type", type(status))
                    .put("message", field == null ? message : WRONG_FIELD);
            if (field != null) {
                ObjectNode detail = error.putArray("details").addObject();
                detail.putArray("loc").add(field.where()).add(field.name());
                detail.put("msg", message).put("type", "value_error");
            }
            error.put("request_id", requestId);
            return body;
        }
    },
    /** {@code {"error":"…"}}. */
    RENTAL_SITE {
        @Override
        ObjectNode body(int status, String message, @Nullable Field field, String requestId) {
            return Json.object().put("error", message);
        }
    },
    /** {@code {"success":false,"message":"…","field":"…"}}; a wrong field is 400 (decision 6). */
    ORDERS {
        @Override
        int status(int status) {
            return status == 422 ? 400 : status;
        }

        @Override
        ObjectNode body(int status, String message, @Nullable Field field, String requestId) {
            ObjectNode body = Json.object().put("success", false).put("message", message);
            return field == null ? body : body.put("field", field.name());
        }
    },
    /** {@code {"status":"error"}}, as Odoo does it. */
    ODOO {
        @Override
        ObjectNode body(int status, String message, @Nullable Field field, String requestId) {
            return Json.object().put("status", "error");
        }
    };

    private static final String WRONG_FIELD = "Invalid request data";

    /**
     * A field that is wrong.
     *
     * @param where {@code body} or {@code query}
     */
    record Field(String where, String name) {}

    abstract ObjectNode body(int status, String message, @Nullable Field field, String requestId);

    /** What this family says instead of a status. */
    int status(int status) {
        return status;
    }

    static ErrorFamily of(String path) {
        if (path.startsWith("/api/webhook/") || path.startsWith("/in/")) {
            return RENTAL_SITE;
        }
        if (path.startsWith("/api/v2/webhooks/")) {
            return ORDERS;
        }
        if (path.startsWith("/web/hook/")) {
            return ODOO;
        }
        return BRIDGECORE;
    }

    private static String type(int status) {
        return switch (status) {
            case 400 -> "BadRequest";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "NotFound";
            case 405 -> "MethodNotAllowed";
            case 409 -> "Conflict";
            case 413 -> "PayloadTooLarge";
            case 415 -> "UnsupportedMediaType";
            case 422 -> "ValidationError";
            case 429 -> "RateLimitExceeded";
            case 500 -> "InternalServerError";
            case 503 -> "ServiceUnavailable";
            default -> "HttpError";
        };
    }
}
