package dev.hookline.bench;

import dev.hookline.access.Access;
import dev.hookline.access.MasterKey;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.access.PostgresApiKeys;
import dev.hookline.access.PostgresAudit;
import dev.hookline.access.PostgresSessions;
import dev.hookline.access.Role;
import dev.hookline.eventlog.AppendParticipant;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.ClientAddresses;
import dev.hookline.http.LoginRoutes;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.http.SignIn;
import dev.hookline.http.WebServer;
import dev.hookline.intake.BuiltInSource;
import dev.hookline.intake.IntakeMetrics;
import dev.hookline.intake.PostgresSources;
import dev.hookline.intake.Rates;
import dev.hookline.intake.Reception;
import dev.hookline.intake.RentalSiteRoutes;
import dev.hookline.intake.Sources;
import dev.hookline.intake.calls.CallLog;
import dev.hookline.intake.calls.PostgresCalls;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.records.PostgresRecords;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The hub's own way in, from its web server to its log, for what the product has no path for: signed webhooks that change no
 * record, and published events that do.
 */
@Command(name = "wired-hub", hidden = true)
final class WiredHub extends Serving {
    private static final String TENANT = "default";

    @Option(names = "--records", description = "keep records; else only the log")
    private boolean withRecords;

    private static final int CALL_LOG_DAYS = 30;

    @Override
    int serve(Database database) throws Exception {
        database.migrate();
        Time time = Time.system();
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        PostgresAccess accounts = new PostgresAccess(database.jdbi());
        Passwords passwords = new Passwords();
        accounts.makeTenant(TENANT, "Bench");
        accounts.makeUser(TENANT, HubUnderTest.USER, passwords.hash(HubUnderTest.PASSWORD), Role.OWNER);
        Access access = new Access(
                vertx,
                accounts,
                new PostgresSessions(database.jdbi()),
                new PostgresApiKeys(database.jdbi()),
                passwords,
                time,
                Ids.secret(32));

        PostgresPartitions partitions = new PostgresPartitions(database.pool());
        partitions.make();
        List<AppendParticipant> participants = withRecords ? List.of(new PostgresRecords(database.pool())) : List.of();
        PostgresEventLog log =
                new PostgresEventLog(database.pool(), database.direct(), partitions, participants, Duration.ofDays(7));
        Committer committer = new Committer(log, new Tail(log, 32L << 20), time, Committer.Settings.DEFAULT);
        Thread.ofPlatform().daemon().name("committer").start(committer);

        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        PostgresSources sourceStore = new PostgresSources(
                database.jdbi(), MasterKey.of(Base64.getEncoder().encodeToString(Ids.secret(32))));
        Sources sources = new Sources(
                sourceStore, TENANT, List.of(BuiltInSource.rentalSite(TENANT, BookingRequests.SECRET)), time);
        sources.start();
        CallLog calls = new CallLog(
                new PostgresCalls(database.direct(), database.jdbi()), database.pool(), CALL_LOG_DAYS, time, registry);
        calls.start();
        Rates rates = new Rates(new ClientAddresses(List.of()), false, time);
        Reception reception = new Reception(committer, rates, calls, new IntakeMetrics(registry), time);
        List<Routes> routes = List.of(
                new LoginRoutes(new SignIn(access)),
                new RentalSiteRoutes(TENANT, sources, reception, time),
                new RecordPublishRoutes(committer, time));
        WebServer server = new WebServer(
                vertx,
                new WebServer.Settings(
                        "127.0.0.1",
                        List.of(0),
                        List.of(),
                        new ClientAddresses(List.of()),
                        new RequestLimits(false, 1, time)),
                access,
                new PostgresAudit(database.jdbi()),
                time,
                routes);
        return server.start().await(10, TimeUnit.SECONDS).getFirst();
    }
}
