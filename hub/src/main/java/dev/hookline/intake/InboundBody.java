package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SignedCall;
import dev.hookline.kernel.Json;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A body as JSON: JSON, or a form, whose fields become texts. A form with the one field {@code payload} that holds JSON, as
 * GitHub and Slack send it, is that JSON.
 */
final class InboundBody {
    private static final int FIELDS_MAX = 10_000;
    private static final String FORM = "application/x-www-form-urlencoded";

    private InboundBody() {}

    static JsonNode parse(SignedCall call) throws Problem {
        String encoding = call.header("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw Problem.of(415, "The body must be sent as it is, without Content-Encoding");
        }
        return isForm(call) ? form(call.body()) : json(call.body());
    }

    /** By its type; but curl calls everything a form, and no form starts with a brace. */
    static boolean isForm(SignedCall call) {
        String type = call.header("Content-Type");
        byte[] body = call.body();
        return type != null
                && type.toLowerCase(Locale.ROOT).startsWith(FORM)
                && (body.length == 0 || (body[0] != '{' && body[0] != '['));
    }

    private static JsonNode json(byte[] body) throws Problem {
        try {
            return Json.parse(body);
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
    }

    private static JsonNode form(byte[] body) throws Problem {
        Map<String, List<String>> fields;
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(body))
                    .toString();
            fields = new QueryStringDecoder(text, StandardCharsets.UTF_8, false, FIELDS_MAX).parameters();
        } catch (CharacterCodingException | IllegalArgumentException _) {
            throw Problem.of(400, "The body is no form in UTF-8");
        }
        List<String> payload = fields.get("payload");
        if (payload != null && fields.size() == 1 && payload.getFirst().startsWith("{")) {
            return json(payload.getFirst().getBytes(StandardCharsets.UTF_8));
        }
        ObjectNode object = Json.object();
        fields.forEach((name, values) -> object.put(name, values.getLast()));
        // What a form decodes to may be no text that can be stored.
        return json(Json.write(object).getBytes(StandardCharsets.UTF_8));
    }
}
