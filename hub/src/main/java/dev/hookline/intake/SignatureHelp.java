package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** How to sign an order, with programs that work as they stand once the secret is the right one. */
final class SignatureHelp {
    private static final Map<String, String> FILES = new LinkedHashMap<>();

    static {
        FILES.put("curl", "curl.sh");
        FILES.put("python", "python.py");
        FILES.put("node", "node.js");
        FILES.put("java", "SendOrder.java");
        FILES.put("php", "php.php");
    }

    private final Map<String, String> snippets = new LinkedHashMap<>();

    SignatureHelp() {
        FILES.forEach((language, file) -> snippets.put(language, read("signature-help/" + file)));
    }

    /** For a caller who knows the receiver by this URL. */
    ObjectNode of(String url, boolean required) {
        ObjectNode help = Json.object()
                .put("header", "X-Webhook-Signature")
                .put("algorithm", "HMAC-SHA256 over the raw body, keyed with the secret's text, in hex")
                .put("secret", "The value of WEBHOOK_SECRET on this server")
                .put("signature_required", required)
                .put("url", url);
        ObjectNode examples = help.putObject("examples");
        snippets.forEach((language, text) -> examples.put(language, text.replace("{{url}}", url)));
        return help;
    }

    private static String read(String resource) {
        try (InputStream in = SignatureHelp.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("The class path lacks " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("Cannot read " + resource, e);
        }
    }
}
