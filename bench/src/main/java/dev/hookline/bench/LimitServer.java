package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/**
 * The limit of ingest: what a server costs that takes signed webhooks and stores them durably, and does nothing else. Two
 * event loops; HMAC over the raw body; Jackson; one writer that puts what has gathered into one {@code unnest} insert, which
 * is one round trip and one commit; 200 after it.
 */
@Command(name = "limit-server", hidden = true)
final class LimitServer extends Serving {
    private static final int EVENT_LOOPS = 2;
    private static final int BATCH_MAX = 1_000;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Buffer STORED = Buffer.buffer("{\"success\":true}");

    private static final String INSERT = "INSERT INTO limit_event (" + LimitTable.COLUMNS + ")" + """
             SELECT e.tenant, e.source, e.model, e.record_id, e.record_key, e.operation, e.event_type, e.priority, e.category,
                   'epoch'::timestamptz + e.occurred_micros * interval '1 microsecond', clock_timestamp(),
                   e.changed_fields::jsonb, e.payload::json
            FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                        ?::bigint[], ?::text[], ?::text[])
              AS e (tenant, source, model, record_id, record_key, operation, event_type, priority, category,
                    occurred_micros, changed_fields, payload)
            """;

    private record Booking(String ref, String type, String payload, Context loop, HttpServerResponse response) {}

    private final HmacSha256 hmac = new HmacSha256(BookingRequests.SECRET.getBytes(StandardCharsets.UTF_8));
    private final BlockingQueue<Booking> queue = new LinkedBlockingQueue<>();

    @Override
    int serve(Database database) throws Exception {
        LimitTable.make(database);
        Connection writer = database.direct().getConnection();
        Thread.ofPlatform().daemon().name("writer").start(() -> keepWriting(writer));
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
        List<Listener> listeners = new ArrayList<>();
        vertx.deployVerticle(
                        () -> {
                            Listener listener = new Listener();
                            listeners.add(listener);
                            return listener;
                        },
                        new DeploymentOptions().setInstances(EVENT_LOOPS))
                .await(10, TimeUnit.SECONDS);
        return listeners.getFirst().port;
    }

    private final class Listener extends AbstractVerticle {
        private int port;

        @Override
        public void start(Promise<Void> started) {
            vertx.createHttpServer()
                    .requestHandler(request -> request.body().onSuccess(body -> receive(request, body.getBytes())))
                    // To Vert.x a negative number is one free port, shared by those who give the same number.
                    .listen(-1, "127.0.0.1")
                    .onSuccess(server -> port = server.actualPort())
                    .<Void>mapEmpty()
                    .onComplete(started);
        }

        private void receive(HttpServerRequest request, byte[] body) {
            byte[] sent = HexFormat.of().parseHex(request.getHeader("X-Webhook-Signature"));
            if (!MessageDigest.isEqual(hmac.sign(body), sent)) {
                request.response().setStatusCode(401).end();
                return;
            }
            try {
                JsonNode json = JSON.readTree(body);
                queue.add(new Booking(
                        json.path("booking_ref").asText(),
                        json.path("event_type").asText(),
                        new String(body, StandardCharsets.UTF_8),
                        context,
                        request.response()));
            } catch (IOException e) {
                request.response().setStatusCode(400).end();
            }
        }
    }

    private void keepWriting(Connection db) {
        List<Booking> batch = new ArrayList<>();
        try (PreparedStatement insert = db.prepareStatement(INSERT)) {
            while (true) {
                batch.clear();
                batch.add(queue.take());
                queue.drainTo(batch, BATCH_MAX - 1);
                write(db, insert, batch);
                answer(batch);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(Connection db, PreparedStatement insert, List<Booking> batch) throws SQLException {
        int size = batch.size();
        String[][] texts = new String[10][size];
        Long[] recordIds = new Long[size];
        Long[] occurredMicros = new Long[size];
        long now = Time.system().now().toEpochMilli() * 1_000;
        for (int i = 0; i < size; i++) {
            Booking booking = batch.get(i);
            texts[0][i] = "default";
            texts[1][i] = "rental-site";
            texts[2][i] = "booking";
            texts[3][i] = booking.ref();
            texts[4][i] = "write";
            texts[5][i] = booking.type();
            texts[6][i] = "medium";
            texts[7][i] = "business";
            occurredMicros[i] = now;
            texts[9][i] = booking.payload();
        }
        int at = 1;
        for (int column = 0; column < 3; column++) {
            insert.setArray(at++, db.createArrayOf("text", texts[column]));
        }
        insert.setArray(at++, db.createArrayOf("bigint", recordIds));
        for (int column = 3; column < 8; column++) {
            insert.setArray(at++, db.createArrayOf("text", texts[column]));
        }
        insert.setArray(at++, db.createArrayOf("bigint", occurredMicros));
        insert.setArray(at++, db.createArrayOf("text", texts[8]));
        insert.setArray(at, db.createArrayOf("text", texts[9]));
        insert.executeUpdate();
    }

    private static void answer(List<Booking> batch) {
        IdentityHashMap<Context, List<Booking>> byLoop = new IdentityHashMap<>(EVENT_LOOPS);
        for (Booking booking : batch) {
            byLoop.computeIfAbsent(booking.loop(), _ -> new ArrayList<>()).add(booking);
        }
        byLoop.forEach((loop, all) -> loop.runOnContext(_ -> all.forEach(booking ->
                booking.response().putHeader("Content-Type", "application/json").end(STORED))));
    }
}
