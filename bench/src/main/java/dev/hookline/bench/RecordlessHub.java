package dev.hookline.bench;

import dev.hookline.access.Access;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.WebServer;
import dev.hookline.intake.IntakeMetrics;
import dev.hookline.intake.RentalSiteRoutes;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/**
 * The hub's own way in, from its web server to its log, wired without the records: every signed webhook of the hub changes
 * one, so what an append costs without them shows only here.
 */
@Command(name = "recordless-hub", hidden = true)
final class RecordlessHub extends Serving {
    @Override
    int serve(Database database) throws Exception {
        database.migrate();
        Time time = Time.system();
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        PostgresPartitions partitions = new PostgresPartitions(database.pool());
        partitions.make();
        PostgresEventLog log =
                new PostgresEventLog(database.pool(), database.direct(), partitions, List.of(), Duration.ofDays(7));
        Tail tail = new Tail(log, 32L << 20);
        Committer committer = new Committer(log, tail, time, Committer.Settings.DEFAULT);
        Thread.ofPlatform().daemon().name("committer").start(committer);
        IntakeMetrics metrics = new IntakeMetrics(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        WebServer server = new WebServer(
                vertx,
                new WebServer.Settings("127.0.0.1", List.of(0), List.of()),
                new Access(vertx, new PostgresAccess(database.jdbi()), new Passwords(), time, Ids.secret(32)),
                time,
                List.of(new RentalSiteRoutes("default", BookingRequests.SECRET, committer, metrics, time)));
        return server.start().await(10, TimeUnit.SECONDS).getFirst();
    }
}
