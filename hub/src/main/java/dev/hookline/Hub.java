package dev.hookline;

import dev.hookline.access.Access;
import dev.hookline.access.MasterKey;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.access.PostgresApiKeys;
import dev.hookline.access.PostgresAudit;
import dev.hookline.access.PostgresSessions;
import dev.hookline.access.PostgresTenants;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.catalogue.BusinessEvents;
import dev.hookline.catalogue.Catalogue;
import dev.hookline.catalogue.EventTypeRoutes;
import dev.hookline.catalogue.PostgresCatalogue;
import dev.hookline.delivery.AddressRules;
import dev.hookline.delivery.Deliveries;
import dev.hookline.delivery.PostgresSubscriptions;
import dev.hookline.delivery.PostgresUndelivered;
import dev.hookline.delivery.SubscriptionRoutes;
import dev.hookline.delivery.SubscriptionSwitch;
import dev.hookline.delivery.history.DeliveryChanges;
import dev.hookline.delivery.history.OperationalEvents;
import dev.hookline.delivery.history.PostgresAttemptPartitions;
import dev.hookline.delivery.history.PostgresDeliveries;
import dev.hookline.delivery.history.PostgresDeliveryActions;
import dev.hookline.delivery.history.PostgresNotices;
import dev.hookline.delivery.history.PostgresRunningReplays;
import dev.hookline.devicesync.AppTypes;
import dev.hookline.devicesync.PostgresDevices;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.PostgresCursors;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.PostgresKeyExpiry;
import dev.hookline.eventlog.PostgresNotifications;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.eventlog.PostgresRetention;
import dev.hookline.eventlog.Tail;
import dev.hookline.events.CleanupRoutes;
import dev.hookline.graphql.GraphQlRoutes;
import dev.hookline.graphql.PostgresGraph;
import dev.hookline.http.ClientAddresses;
import dev.hookline.http.DocsRoutes;
import dev.hookline.http.LoginRoutes;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.http.SignIn;
import dev.hookline.http.TenantLoginRoutes;
import dev.hookline.http.WebServer;
import dev.hookline.intake.BusinessTypes;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import dev.hookline.live.EventStreamRoutes;
import dev.hookline.live.SocketRoutes;
import dev.hookline.ops.HealthRoutes;
import dev.hookline.ops.MetricsRoutes;
import dev.hookline.ops.RetentionRoutes;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.EmbeddedPostgres;
import dev.hookline.records.PostgresRecords;
import dev.hookline.records.RecordRoutes;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The one place that wires the parts: builds them in order, and closes them in the opposite one. */
final class Hub implements AutoCloseable {
    static final String TENANT = Principal.PLATFORM_TENANT;
    static final String ADMIN = "admin";

    private static final Duration DATABASE_WAIT = Duration.ofSeconds(60);
    private static final Duration START_MAX = Duration.ofMinutes(2);
    private static final Duration KEYS_KEPT = Duration.ofDays(7);
    private static final Duration LOAD_HIDDEN_EVERY = Duration.ofSeconds(1);
    private static final Duration READ_REVOCATIONS_EVERY = Duration.ofSeconds(1);
    private static final Duration EXPIRE_KEYS_EVERY = Duration.ofSeconds(10);
    private static final Duration ATTEMPT_PARTITIONS_EVERY = Duration.ofHours(1);
    private static final Duration RETENTION_EVERY = Duration.ofMinutes(5);
    private static final Duration TAIL_POLL = Duration.ofSeconds(1);
    private static final int EVENT_LOOPS = 2;
    private static final int POOL_CONNECTIONS = 16;
    private static final long TAIL_BYTES_MAX = 32L << 20;

    private final Settings settings;
    private final Time time = Time.system();
    private final Passwords passwords = new Passwords();
    private final Parts parts = new Parts(time);
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private List<Integer> ports = List.of();
    private Map<String, Rule> routes = Map.of();
    private @Nullable String firstPassword;

    private Hub(Settings settings) {
        this.settings = settings;
    }

    /** Starts everything; returns when requests are answered. */
    static Hub start(Settings settings) throws Exception {
        Hub hub = new Hub(settings);
        try {
            hub.start();
            return hub;
        } catch (Exception e) {
            hub.close();
            throw e;
        }
    }

    /** What it cannot go on after; never completed as long as it can. It still has to be closed, and started again. */
    CompletableFuture<Throwable> failure() {
        return failure;
    }

    /** The ports that it listens on. */
    List<Integer> ports() {
        return ports;
    }

    /** Who may call which route, each as in {@code GET /api/v1/records/:model}. */
    Map<String, Rule> routes() {
        return routes;
    }

    /** The password made for {@code admin} on this start; empty when there was a user already, or one was set. */
    Optional<String> firstPassword() {
        return Optional.ofNullable(firstPassword);
    }

    private void start() throws Exception {
        refuseUnsafe();
        BusinessEvents businessEvents = businessEvents();
        // While the database starts, the other core makes what does not need it.
        CompletableFuture<Vertx> making = CompletableFuture.supplyAsync(Hub::vertx);
        parts.add(() -> making.join().close().await(10, TimeUnit.SECONDS));
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Database database = new Database(address(), POOL_CONNECTIONS);
        parts.add(database::close);
        database.awaitReady(DATABASE_WAIT);
        database.requireSafeSettings();
        database.migrate();
        Vertx vertx = making.join();

        MasterKey masterKey = masterKey();
        Access access = access(vertx, database, masterKey);

        PostgresRecords records = new PostgresRecords(database.pool(), new BusinessTypes(businessEvents));
        PostgresPartitions partitions = new PostgresPartitions(database.pool());
        partitions.make();
        PostgresEventLog log =
                new PostgresEventLog(database.pool(), database.direct(), partitions, List.of(records), KEYS_KEPT);
        parts.add(log::close);
        log.loadHidden();
        Tail tail = new Tail(log, TAIL_BYTES_MAX);
        Committer committer = new Committer(log, tail, time, Committer.Settings.DEFAULT, failure::complete);
        drive(committer, tail);
        boolean alone = settings.databaseUrl() == null;
        if (!alone) {
            parts.add(PostgresNotifications.start(database.direct(), tail, time)::close);
        }
        PostgresAttemptPartitions attempts = new PostgresAttemptPartitions(database.pool(), settings.attemptDays());
        attempts.keep();
        parts.repeat("attempt-partitions", ATTEMPT_PARTITIONS_EVERY, attempts::keep);
        PostgresSubscriptions subscriptions = new PostgresSubscriptions(database.jdbi(), masterKey);
        AddressRules rules = addressRules();
        Deliveries deliveries = new Deliveries(
                vertx, log, tail, database.byIndex(), subscriptions, rules, time, registry, TENANT, alone);
        deliveries.start();
        parts.add(deliveries::close);
        PostgresDevices devices = new PostgresDevices(
                database.pool(), database.byIndex(), database.jdbi(), Duration.ofDays(settings.syncDeviceDays()));
        PostgresRetention retention = keepUp(database, log, committer, devices, deliveries, registry);

        PostgresCatalogue types = new PostgresCatalogue(database.jdbi());
        Catalogue catalogue = new Catalogue(types, time);
        PostgresAudit audit = new PostgresAudit(database.jdbi());
        ClientAddresses addresses = new ClientAddresses(settings.trustedProxies());
        SubscriptionSwitch onOff = new SubscriptionSwitch(subscriptions, deliveries, audit);
        PostgresDeliveries sent = new PostgresDeliveries(database.jdbi());
        DeliveryChanges changes =
                new DeliveryChanges(sent, new PostgresDeliveryActions(database.jdbi()), deliveries, audit);
        MetricsRoutes metrics = new MetricsRoutes(registry, committer, tail);
        parts.add(metrics::close);
        Features make = new Features(settings, time, parts);
        List<Routes> features = new ArrayList<>(
                make.intake(database, masterKey, log, committer, catalogue, records, addresses, registry));
        RequestLimits limits = new RequestLimits(settings.rateLimits(), settings.rateLimitPerMinute(), time);
        features.addAll(make.sync(devices, log, tail, committer, records, limits, registry));
        features.addAll(make.events(database, log, records, deliveries, limits));
        features.addAll(make.accounts(database.jdbi(), access, passwords, audit));
        SignIn signIn = new SignIn(access);
        features.addAll(List.of(
                new EventTypeRoutes(catalogue, types, businessEvents),
                new SubscriptionRoutes(vertx, subscriptions, rules, deliveries, onOff, catalogue, time),
                new EventStreamRoutes(vertx, log, tail, time, registry),
                new SocketRoutes(vertx, log, tail, records, time, AppTypes::modelsOf, registry),
                new RecordRoutes(records),
                new CleanupRoutes(log, limits, time),
                new LoginRoutes(signIn),
                new TenantLoginRoutes(signIn, new PostgresTenants(database.jdbi())),
                new HealthRoutes(database.pool(), committer, time, settings.environmentName(), version()),
                new RetentionRoutes(log, retention),
                metrics,
                new DocsRoutes()));
        features.add(new GraphQlRoutes(
                vertx,
                log,
                tail,
                time,
                new GraphQlRoutes.Parts(
                        access,
                        new PostgresEventSearch(database.pool(), log),
                        records,
                        sent,
                        devices,
                        new PostgresGraph(database.jdbi()),
                        changes,
                        onOff),
                limits));
        features.addAll(make.history(database, log, subscriptions, deliveries, sent, changes, registry, alone));
        WebServer server = new WebServer(
                vertx,
                new WebServer.Settings(settings.host(), settings.ports(), settings.corsOrigins(), addresses, limits),
                access,
                audit,
                time,
                features);
        ports = server.start().await(START_MAX.toSeconds(), TimeUnit.SECONDS);
        parts.add(() -> server.stop().await(10, TimeUnit.SECONDS));
        routes = server.mounted();
    }

    /** Nothing is served from files, so no folder for copies of them is made. */
    private static Vertx vertx() {
        return Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(EVENT_LOOPS)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    private void refuseUnsafe() {
        List<String> reasons = settings.unsafe();
        if (settings.production() && !reasons.isEmpty()) {
            throw new Settings.Invalid(
                    "HOOKLINE_ENV=production refuses to start:\n  - " + String.join("\n  - ", reasons));
        }
    }

    private DatabaseAddress address() {
        String url = settings.databaseUrl();
        if (url != null) {
            return DatabaseAddress.parse(url);
        }
        EmbeddedPostgres postgres = EmbeddedPostgres.start(settings.data(), binaries(settings));
        parts.add(postgres::close);
        return postgres.address();
    }

    static Path binaries(Settings settings) {
        String shared = System.getProperty("hookline.postgres.binaries");
        return shared == null ? settings.data().resolve("postgres-binaries") : Path.of(shared);
    }

    private AddressRules addressRules() {
        try {
            return new AddressRules(settings.deliveryAllow());
        } catch (IllegalArgumentException e) {
            throw new Settings.Invalid("HOOKLINE_DELIVERY_ALLOW: " + e.getMessage());
        }
    }

    private BusinessEvents businessEvents() {
        Path file = settings.businessRules();
        try {
            return file == null ? BusinessEvents.builtIn() : BusinessEvents.read(file);
        } catch (BusinessEvents.Invalid e) {
            throw new Settings.Invalid("HOOKLINE_BUSINESS_RULES: " + e.getMessage());
        }
    }

    private MasterKey masterKey() throws IOException {
        String given = settings.masterKey();
        return given == null
                ? MasterKey.fromFile(settings.data().resolve("keys").resolve("master.key"))
                : MasterKey.of(given);
    }

    private Access access(Vertx vertx, Database database, MasterKey masterKey) {
        PostgresAccess store = new PostgresAccess(database.jdbi());
        store.makeTenant(TENANT, "Default");
        if (!store.hasUser(ADMIN)) {
            String password = settings.adminPassword();
            String chosen = password == null ? Ids.secretText(12) : password;
            if (store.makeUser(TENANT, ADMIN, passwords.hash(chosen), Role.OWNER) && password == null) {
                firstPassword = chosen;
            }
        }
        String signingKey = settings.jwtSecretKey();
        // Opened in any case: a node with another master key must not start.
        byte[] made = store.hubSecret("jwt", 32, masterKey);
        byte[] key = signingKey == null ? made : signingKey.getBytes(StandardCharsets.UTF_8);
        PostgresSessions sessions = new PostgresSessions(database.jdbi());
        PostgresApiKeys apiKeys = new PostgresApiKeys(database.jdbi());
        Access access = new Access(vertx, store, sessions, apiKeys, passwords, time, key);
        access.step();
        parts.repeat("revocations", READ_REVOCATIONS_EVERY, access::step);
        return access;
    }

    private void drive(Committer committer, Tail tail) {
        Thread commits = Thread.ofPlatform().name("committer").start(committer);
        parts.add(() -> {
            committer.close();
            commits.join(Duration.ofSeconds(20));
        });
        Thread catchUp = Thread.ofVirtual().name("tail").start(() -> tail.follow(TAIL_POLL));
        parts.add(catchUp::interrupt);
    }

    /** What the log needs now and then, each on a thread of its own. */
    private PostgresRetention keepUp(
            Database database,
            PostgresEventLog log,
            Committer committer,
            PostgresDevices devices,
            Deliveries deliveries,
            PrometheusMeterRegistry registry) {
        OperationalEvents told = new OperationalEvents(new PostgresNotices(database.jdbi()), log, committer, time);
        PostgresKeyExpiry keys = new PostgresKeyExpiry(log, database.direct());
        PostgresRetention retention = new PostgresRetention(
                log,
                database.direct(),
                settings.retention(),
                // What is given up undelivered is told of before it goes, so in this order.
                List.of(
                        new PostgresCursors(database.jdbi()),
                        devices,
                        new PostgresRunningReplays(database.jdbi()),
                        new PostgresUndelivered(database.jdbi(), deliveries::gaveUp),
                        told),
                time,
                registry);
        parts.repeat("operational-events", OperationalEvents.STEP_EVERY, told::step);
        parts.repeat("hidden", LOAD_HIDDEN_EVERY, log::loadHidden);
        parts.repeat("key-expiry", EXPIRE_KEYS_EVERY, keys::step);
        parts.repeat("retention", RETENTION_EVERY, retention::step);
        return retention;
    }

    static String version() {
        String version = Hub.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public void close() {
        parts.close();
    }
}
