package dev.hookline.intake;

import dev.hookline.http.Api;
import dev.hookline.http.Errors;
import dev.hookline.intake.signature.SignedCall;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A call at a receiver, from its head to its answer. Lives on one event loop. */
public final class Received implements SignedCall {
    private static final String KEY = "hookline.received";
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    private final RoutingContext context;
    private final LiveSource source;
    private final Instant at;
    private final long from;
    private byte @Nullable [] body;

    @Nullable
    InetAddress address;

    @Nullable
    String reason;

    /** Whose call it is; the source's until the receiver knows better. */
    String tenant;

    /** When its last byte had come, for measuring durations. */
    long readAt;

    long position;
    int events;
    boolean duplicate;
    boolean bodyIsPayload;

    Received(RoutingContext context, LiveSource source, Instant at, long from) {
        this.context = context;
        this.source = source;
        this.tenant = source.source().tenant();
        this.at = at;
        this.from = from;
        context.put(KEY, this);
    }

    /** Of a request that {@link Reception#gate} let through. */
    static Received of(RoutingContext context) {
        Received received = context.get(KEY);
        if (received == null) {
            throw new IllegalStateException(context.request().path() + " was mounted without a gate");
        }
        return received;
    }

    RoutingContext context() {
        return context;
    }

    LiveSource source() {
        return source;
    }

    /** When its head had come. */
    Instant at() {
        return at;
    }

    /** The same, for measuring durations. */
    long from() {
        return from;
    }

    /** Tells the log of calls what it became. */
    void stored(long first, int count, boolean again) {
        position = first;
        events = count;
        duplicate = again;
    }

    /** Why it was refused, where the receiver did so or what reads its body; null when it was not. */
    @Nullable
    String whyRefused() {
        return reason == null ? Errors.message(context) : reason;
    }

    /** Of its body or, where that was not read to its end, what the head announced; 0 where it announced nothing. */
    long sizeBytes() {
        String announced = header("Content-Length");
        long read = body().length;
        return read == 0 && announced != null && LENGTH.matcher(announced).matches() ? Long.parseLong(announced) : read;
    }

    @Override
    public byte[] body() {
        byte[] bytes = body;
        if (bytes == null) {
            bytes = Api.body(context);
            body = bytes;
        }
        return bytes;
    }

    @Override
    public @Nullable String header(String name) {
        return context.request().getHeader(name);
    }

    @Override
    public @Nullable String query(String name) {
        var values = context.queryParam(name);
        return values.isEmpty() ? null : values.getFirst();
    }

    @Override
    public @Nullable String pathSecret() {
        return context.pathParam("secret");
    }
}
