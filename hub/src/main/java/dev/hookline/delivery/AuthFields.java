package dev.hookline.delivery;

import dev.hookline.http.Problem;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The field {@code auth}: {@code {"type": "none" | "basic" | "bearer" | "oauth2", …}}. */
final class AuthFields {
    private static final int TEXT_MAX = 1_000;
    private static final int TOKEN_MAX = 8_000;
    private static final Pattern VISIBLE_ASCII = Pattern.compile("[!-~]+");

    private AuthFields() {}

    static OutboundAuth read(@Nullable FieldReader fields, TargetUrlRules urlRules) throws Problem {
        if (fields == null) {
            return OutboundAuth.none();
        }
        fields.required("type", 1, 20);
        String type = fields.oneOf("type", List.of("none", "basic", "bearer", "oauth2"));
        return switch (String.valueOf(type)) {
            case "basic" -> basic(fields);
            case "bearer" -> bearer(fields);
            case "oauth2" -> oauth2(fields, urlRules);
            default -> OutboundAuth.none();
        };
    }

    private static OutboundAuth basic(FieldReader fields) throws Problem {
        String username = fields.required("username", 1, TEXT_MAX);
        if (username.indexOf(':') >= 0) {
            throw fields.problem(
                    "username", "'auth.username' must not hold a colon: Basic could not tell where it ends");
        }
        return new OutboundAuth.Basic(username, fields.requiredSecret("password", 0, TEXT_MAX));
    }

    private static OutboundAuth bearer(FieldReader fields) throws Problem {
        String token = fields.requiredSecret("token", 1, TOKEN_MAX);
        if (!VISIBLE_ASCII.matcher(token).matches()) {
            throw fields.problem("token", "'auth.token' must be visible ASCII characters without blanks");
        }
        return new OutboundAuth.Bearer(token);
    }

    private static OutboundAuth oauth2(FieldReader fields, TargetUrlRules urlRules) throws Problem {
        String url = fields.required("token_url", 1, 2_048);
        String place = fields.oneOf("client_auth", List.of("basic", "body"));
        return switch (urlRules.judge(url)) {
            case TargetUrl.Refused(String reason) -> throw fields.problem("token_url", reason);
            case TargetUrl.Accepted accepted ->
                new OutboundAuth.OAuth2(
                        accepted.uri(),
                        fields.required("client_id", 1, TEXT_MAX),
                        fields.requiredSecret("client_secret", 1, TEXT_MAX),
                        fields.text("scope", 1, TEXT_MAX),
                        fields.text("audience", 1, TEXT_MAX),
                        "body".equals(place));
        };
    }
}
