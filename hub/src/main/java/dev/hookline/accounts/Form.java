package dev.hookline.accounts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.http.Problem;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a request says of users and what belongs to them, checked; every refusal names the field. */
final class Form {
    static final int PASSWORD_CHARS_MIN = 12;
    private static final int PASSWORD_CHARS_MAX = 1_000;
    private static final int TEXT_CHARS_MAX = 200;
    private static final Pattern USERNAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,99}");
    private static final Pattern EMAIL = Pattern.compile("[^\\s@]{1,64}@[^\\s@]{1,190}");

    private final ObjectNode body;

    Form(ObjectNode body) {
        this.body = body;
    }

    boolean has(String field) {
        return body.has(field);
    }

    /** Null when the field is absent or null. */
    @Nullable
    String text(String field, int charsMax) throws Problem {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        String text = value.isTextual() ? value.textValue() : "";
        if (text.isBlank() || text.length() > charsMax || text.chars().anyMatch(Character::isISOControl)) {
            throw Problem.field(
                    field, "'" + field + "' must be a text of 1 to " + charsMax + " characters, on one line");
        }
        return text;
    }

    String requiredText(String field) throws Problem {
        return required(field, text(field, TEXT_CHARS_MAX));
    }

    private static <T> T required(String field, @Nullable T value) throws Problem {
        if (value == null) {
            throw Problem.field(field, "'" + field + "' is required");
        }
        return value;
    }

    String username() throws Problem {
        String name = required("username", text("username", TEXT_CHARS_MAX));
        if (!USERNAME.matcher(name).matches()) {
            throw Problem.field(
                    "username",
                    "'username' must be 1 to 100 letters, digits, and the characters . _ + -, and begin with a letter or a"
                            + " digit");
        }
        return name;
    }

    @Nullable
    String email(String field) throws Problem {
        String email = text(field, TEXT_CHARS_MAX);
        if (email != null && !EMAIL.matcher(email).matches()) {
            throw Problem.field(field, "'" + field + "' must be an email address");
        }
        return email;
    }

    @Nullable
    String fullName() throws Problem {
        return text("full_name", TEXT_CHARS_MAX);
    }

    String password(String field) throws Problem {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            throw Problem.field(field, "'" + field + "' is required");
        }
        String password = value.isTextual() ? value.textValue() : "";
        if (password.length() < PASSWORD_CHARS_MIN
                || password.length() > PASSWORD_CHARS_MAX
                || password.indexOf('\0') >= 0) {
            throw Problem.field(
                    field,
                    "'" + field + "' must have " + PASSWORD_CHARS_MIN + " to " + PASSWORD_CHARS_MAX + " characters");
        }
        return password;
    }

    Role role() throws Problem {
        String text = required("role", text("role", TEXT_CHARS_MAX));
        return Role.of(text)
                .orElseThrow(() -> Problem.field(
                        "role",
                        "'role' must be one of "
                                + String.join(
                                        ", ",
                                        Stream.of(Role.values()).map(Role::text).toList())));
    }

    @Nullable
    Boolean flag(String field) throws Problem {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isBoolean()) {
            throw Problem.field(field, "'" + field + "' must be true or false");
        }
        return value.booleanValue();
    }

    @Nullable
    Long number(String field, long min, long max) throws Problem {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < min
                || value.longValue() > max) {
            throw Problem.field(field, "'" + field + "' must be a whole number from " + min + " to " + max);
        }
        return value.longValue();
    }

    /** An array of texts. */
    List<String> texts(String field, int atMost) throws Problem {
        JsonNode value = body.path(field);
        if (!value.isArray() || value.isEmpty() || value.size() > atMost) {
            throw Problem.field(field, "'" + field + "' must be an array of 1 to " + atMost + " texts");
        }
        for (JsonNode one : value) {
            if (!one.isTextual()) {
                throw Problem.field(field, "'" + field + "' must be an array of texts");
            }
        }
        return value.valueStream().map(JsonNode::textValue).distinct().toList();
    }
}
