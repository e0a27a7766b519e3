package dev.hookline.intake.signature;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Slack: {@code X-Slack-Signature: v0=<hex>} over {@code v0:<seconds>:body}, the seconds in {@code
 * X-Slack-Request-Timestamp}; and a signed {@code url_verification} whose challenge is sent back.
 */
final class SlackScheme implements Scheme {
    private static final String TIMESTAMP = "X-Slack-Request-Timestamp";
    private static final String SIGNATURE = "X-Slack-Signature";
    private static final String VERSION = "v0=";
    private static final int GREETING_BYTES_MAX = 4 << 10;

    private final HmacSha256 hmac;
    private final SigningTime signingTime;

    SlackScheme(String secret, Duration tolerance) {
        hmac = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
        signingTime = new SigningTime(tolerance);
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        String seconds = call.header(TIMESTAMP);
        String sent = call.header(SIGNATURE);
        String fault = signingTime.fault(seconds, now);
        if (fault != null || seconds == null) {
            return new Verdict.Refused(String.valueOf(fault));
        }
        if (sent == null || !sent.startsWith(VERSION)) {
            return new Verdict.Refused("There is no " + SIGNATURE + " of version v0");
        }
        byte[] expected = sign(seconds, call.body());
        byte[] read = HmacScheme.Encoding.HEX.read(sent.substring(VERSION.length()), expected.length);
        if (!MessageDigest.isEqual(expected, read)) {
            return new Verdict.Refused(SIGNATURE + " is not the signature of this body");
        }
        ObjectNode challenge = challenge(call.body());
        return challenge == null
                ? new Verdict.Verified("slack:" + HexFormat.of().formatHex(expected))
                : new Verdict.Greeting(challenge);
    }

    private static @Nullable ObjectNode challenge(byte[] body) {
        if (body.length > GREETING_BYTES_MAX
                || !new String(body, StandardCharsets.UTF_8).contains("url_verification")) {
            return null;
        }
        try {
            ObjectNode json = Json.parseObject(body);
            return json.path("type").asText().equals("url_verification")
                            && json.path("challenge").isTextual()
                    ? Json.object().put("challenge", json.path("challenge").textValue())
                    : null;
        } catch (Json.Invalid _) {
            return null;
        }
    }

    private byte[] sign(String seconds, byte[] body) {
        return hmac.sign(("v0:" + seconds + ":").getBytes(StandardCharsets.UTF_8), body);
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        String seconds = Long.toString(now.getEpochSecond());
        String signature = VERSION + HexFormat.of().formatHex(sign(seconds, body));
        return Optional.of(Proof.headers(Map.of(TIMESTAMP, seconds, SIGNATURE, signature)));
    }
}
