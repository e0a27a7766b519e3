package dev.hookline;

import dev.hookline.access.Access;
import dev.hookline.access.MasterKey;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresApiKeys;
import dev.hookline.access.PostgresAudit;
import dev.hookline.access.PostgresInvitations;
import dev.hookline.access.PostgresTenants;
import dev.hookline.access.PostgresUsers;
import dev.hookline.accounts.ApiKeyRoutes;
import dev.hookline.accounts.AuditRoutes;
import dev.hookline.accounts.InvitationRoutes;
import dev.hookline.accounts.TenantRoutes;
import dev.hookline.accounts.UserRoutes;
import dev.hookline.catalogue.Catalogue;
import dev.hookline.delivery.Deliveries;
import dev.hookline.delivery.PostgresEventDeliveries;
import dev.hookline.delivery.PostgresSubscriptions;
import dev.hookline.delivery.history.DeliveryChanges;
import dev.hookline.delivery.history.DeliveryLag;
import dev.hookline.delivery.history.DeliveryRoutes;
import dev.hookline.delivery.history.PostgresBacklog;
import dev.hookline.delivery.history.PostgresDeliveries;
import dev.hookline.delivery.history.PostgresDeliveryActions;
import dev.hookline.delivery.history.PostgresReplays;
import dev.hookline.delivery.history.ReplayRoutes;
import dev.hookline.delivery.history.Replays;
import dev.hookline.devicesync.OdooHealthRoutes;
import dev.hookline.devicesync.OdooSyncRoutes;
import dev.hookline.devicesync.PostgresDevices;
import dev.hookline.devicesync.Pulls;
import dev.hookline.devicesync.SmartSyncRoutes;
import dev.hookline.devicesync.SyncMetrics;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.Tail;
import dev.hookline.events.EventRoutes;
import dev.hookline.events.RetryRoutes;
import dev.hookline.events.StatisticsRoutes;
import dev.hookline.http.ClientAddresses;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.intake.Appends;
import dev.hookline.intake.BuiltInSource;
import dev.hookline.intake.CallRoutes;
import dev.hookline.intake.InboundRoutes;
import dev.hookline.intake.IntakeMetrics;
import dev.hookline.intake.MappingRoutes;
import dev.hookline.intake.OdooModuleRoutes;
import dev.hookline.intake.OrderRoutes;
import dev.hookline.intake.PostgresSources;
import dev.hookline.intake.PostgresWebhookLogs;
import dev.hookline.intake.PublishMetrics;
import dev.hookline.intake.PublishRoutes;
import dev.hookline.intake.Rates;
import dev.hookline.intake.Reception;
import dev.hookline.intake.RentalSiteRoutes;
import dev.hookline.intake.SourceRoutes;
import dev.hookline.intake.Sources;
import dev.hookline.intake.calls.CallLog;
import dev.hookline.intake.calls.PostgresCalls;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.records.PostgresRecords;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** Makes the routes of the hub's features, and starts what belongs to them alone. */
final class Features {
    private final Settings settings;
    private final Time time;
    private final Parts parts;

    /**
     * For one hub.
     *
     * @param parts gets what has to be closed
     */
    Features(Settings settings, Time time, Parts parts) {
        this.settings = settings;
        this.time = time;
        this.parts = parts;
    }

    List<Routes> sync(
            PostgresDevices devices,
            EventLog log,
            Tail tail,
            Committer committer,
            PostgresRecords records,
            RequestLimits limits,
            PrometheusMeterRegistry registry) {
        Pulls pulls = new Pulls(devices, tail, records, new SyncMetrics(registry), time);
        parts.add(pulls::close);
        return List.of(
                new SmartSyncRoutes(pulls, devices, limits, time),
                new OdooSyncRoutes(pulls, devices, log, tail, records, limits, time),
                new OdooHealthRoutes(devices, committer, pulls, time, Hub.version()));
    }

    List<Routes> events(
            Database database, EventLog log, PostgresRecords records, Deliveries deliveries, RequestLimits limits) {
        PostgresEventSearch search = new PostgresEventSearch(database.pool(), log);
        PostgresEventDeliveries told = new PostgresEventDeliveries(database.jdbi());
        return List.of(
                new EventRoutes(log, search, records, told, limits),
                new StatisticsRoutes(log, search, told, limits, time),
                new RetryRoutes(log, told, new PostgresDeliveryActions(database.jdbi()), deliveries::lookNow, limits));
    }

    List<Routes> intake(
            Database database,
            MasterKey masterKey,
            EventLog log,
            Committer committer,
            Catalogue catalogue,
            PostgresRecords records,
            ClientAddresses addresses,
            PrometheusMeterRegistry registry) {
        Appends appends = new Appends(committer);
        PostgresSources sourceStore = new PostgresSources(database.jdbi(), masterKey);
        Sources sources = sources(sourceStore);
        PostgresCalls calls = new PostgresCalls(database.direct(), database.jdbi());
        CallLog callLog = new CallLog(calls, database.pool(), settings.callLogDays(), time, registry);
        callLog.start();
        parts.add(callLog::close);
        Rates rates = new Rates(addresses, settings.rateLimits(), time);
        Reception reception = new Reception(committer, rates, callLog, new IntakeMetrics(registry), time);
        return List.of(
                new RentalSiteRoutes(Hub.TENANT, sources, reception, time),
                new OrderRoutes(
                        Hub.TENANT,
                        settings.webhookSecret(),
                        !settings.production(),
                        sources,
                        reception,
                        records.orders(),
                        new PostgresWebhookLogs(database.jdbi()),
                        time),
                new OdooModuleRoutes(Hub.TENANT, settings.webhookPushApiKey(), sources, reception, time),
                new MappingRoutes(),
                new InboundRoutes(sources, reception),
                new SourceRoutes(sourceStore, sources, Hub.TENANT, time),
                new CallRoutes(calls, callLog, sources, log, appends, time),
                new PublishRoutes(committer, catalogue, new PublishMetrics(registry), time));
    }

    List<Routes> history(
            Database database,
            EventLog log,
            PostgresSubscriptions subscriptions,
            Deliveries deliveries,
            PostgresDeliveries history,
            DeliveryChanges changes,
            PrometheusMeterRegistry registry,
            boolean alone) {
        PostgresReplays store = new PostgresReplays(database.jdbi());
        Replays replays = new Replays(store, log, subscriptions, deliveries, time, alone);
        parts.repeat("replays", Replays.STEP_EVERY, replays::step);
        PostgresBacklog backlog = new PostgresBacklog(database.jdbi(), time);
        DeliveryLag lag = new DeliveryLag(backlog, log, deliveries, time, registry, Hub.TENANT);
        parts.repeat("delivery-lag", DeliveryLag.STEP_EVERY, lag::step);
        return List.of(
                new DeliveryRoutes(history, changes, log), new ReplayRoutes(store, history, backlog, replays, log));
    }

    List<Routes> accounts(Jdbi jdbi, Access access, Passwords passwords, PostgresAudit audit) {
        return List.of(
                new UserRoutes(new PostgresUsers(jdbi), access, passwords),
                new InvitationRoutes(new PostgresInvitations(jdbi), passwords),
                new ApiKeyRoutes(new PostgresApiKeys(jdbi), access, time),
                new TenantRoutes(new PostgresTenants(jdbi), access),
                new AuditRoutes(audit));
    }

    private Sources sources(PostgresSources store) {
        List<BuiltInSource> builtIn = List.of(
                BuiltInSource.rentalSite(Hub.TENANT, settings.odooWebhookSecret()),
                BuiltInSource.orders(Hub.TENANT, settings.webhookSecret()),
                BuiltInSource.odoo(Hub.TENANT, settings.webhookPushApiKey()),
                BuiltInSource.publish());
        Sources sources = new Sources(store, Hub.TENANT, builtIn, time);
        sources.start();
        parts.add(sources::close);
        return sources;
    }
}
