package dev.hookline.intake.signature;

import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** GitHub: {@code X-Hub-Signature-256: sha256=<hex>}, and a signed {@code ping} when a webhook is made. */
final class GitHubScheme implements Scheme {
    private final HmacScheme hmac;

    GitHubScheme(String secret) {
        hmac = new HmacScheme("HmacSHA256", HmacScheme.Encoding.HEX, List.of("X-Hub-Signature-256"), "sha256=", secret);
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        Verdict verdict = hmac.verify(call, now);
        if (verdict instanceof Verdict.Verified && "ping".equals(call.header("X-GitHub-Event"))) {
            return new Verdict.Greeting(Json.object().put("success", true).put("message", "pong"));
        }
        return verdict;
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        return hmac.prove(body, id, now);
    }
}
