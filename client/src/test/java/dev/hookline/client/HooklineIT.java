package dev.hookline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hookline.HubProcess;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against a hub that is a process of its own. */
class HooklineIT {
    private static final int EVENTS = 2_000;

    @TempDir
    static Path data;

    private static HubProcess hub;

    @BeforeAll
    static void start() throws IOException {
        hub = HubProcess.start(data, Map.of("PORT", Integer.toString(freePort())));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    /** The hub is to come back where the client knows it. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Hookline client(String url) {
        return Hookline.at(url).deadline(Duration.ofMinutes(2)).login("admin", HubProcess.PASSWORD);
    }

    private static List<String> stored(String eventType) {
        try (Database database = new Database(EmbeddedPostgres.running(data).orElseThrow(), 1)) {
            return database.jdbi()
                    .withHandle(db -> db.createQuery(
                                    "SELECT record_key FROM event WHERE event_type = :type ORDER BY position")
                            .bind("type", eventType)
                            .mapTo(String.class)
                            .list());
        }
    }

    @Test
    void everyTypedEventIsAsTheCatalogueSays() {
        String[] token = {"Authorization", "Bearer " + hub.token()};
        hub.send(HttpRequest.newBuilder(hub.uri("/api/v1/tenant/catalogue"))
                .headers(token)
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"validation\":\"refuse\"}")));
        Hookline client = client(hub.url());
        BigDecimal amount = new BigDecimal("1500.00");
        Payments.Payment payment = Payments.Payment.of("payment-123", "inv-456", amount, "USD");
        SalesOrders.Order order =
                SalesOrders.Order.of("order-123", "SO-001", amount, "USD").customer("cust-456", "Acme Corp");
        Invoices.Invoice invoice = Invoices.Invoice.of("inv-123", amount, "USD")
                .number("INV-2024-001")
                .customerName("Acme Corp")
                .status("draft")
                .createdAt(Instant.parse("2024-02-14T15:30:45.123456Z"));

        Batch batch = client.batch();
        batch.payments().received(payment.paymentMethod("credit_card").referenceNumber("stripe-tx-789"));
        batch.payments().failed(payment, "Card declined", "card_declined");
        batch.customers().created("cust-123", "John Doe", "john@example.com", "+1234567890", "individual");
        batch.customers().updated("cust-123", "John Doe", null, null, Map.of("email", "john.new@example.com"));
        batch.salesOrders().created(order, 5);
        batch.salesOrders().confirmed(order);
        batch.salesOrders().cancelled("order-123", "SO-001", "Customer request");
        batch.invoices().created(invoice);
        batch.invoices().sent(invoice);
        batch.invoices().authorized(invoice);
        batch.invoices().rejected(invoice, "Unknown tax number");
        batch.invoices().cancelled(invoice, null);
        batch.inventory().low("prod-1", "Desk lamp", new BigDecimal("3"), BigDecimal.TEN, "WH/Stock");
        batch.inventory().updated("prod-1", "Desk lamp", new BigDecimal("42.5"), null);
        batch.documents().updated("doc-1", "Contract", "contract", Map.of("status", "signed"));
        batch.errors().occurred("err-1", "No answer", "timeout", "invoicing");
        batch.purchaseOrders()
                .created(
                        PurchaseOrders.PurchaseOrder.of("po-1", "PO-001", amount, "USD")
                                .supplier("s-1", "Globex"),
                        3);
        Published published = batch.send();

        assertThat(published.ids()).hasSize(17);
        assertThat(published.warnings()).isEmpty();
        assertThatThrownBy(() -> client.publish(Event.of("invoice.created", "1", Map.of("invoice_id", "1"))))
                .isInstanceOfSatisfying(
                        HooklineException.Refused.class,
                        refused -> assertThat(refused.field()).startsWith("data."));
        hub.send(HttpRequest.newBuilder(hub.uri("/api/v1/tenant/catalogue"))
                .headers(token)
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"validation\":\"warn\"}")));
        assertThat(client.publish(Event.of("invoice.created", "1", Map.of("invoice_id", "1")))
                        .warnings())
                .extracting(Published.Warning::field)
                .contains("data.amount");
    }

    @Test
    void eventWhoseAnswerWasLostIsStoredOnce() throws IOException {
        try (CuttingProxy proxy = new CuttingProxy(hub.uri("/"))) {
            Hookline client = Hookline.at(proxy.url()).token(hub.token());
            proxy.cut(2);

            Published published = client.publish(Event.of("cut.connection", "only", Map.of()));

            assertThat(proxy.cutsLeft()).isZero();
            assertThat(published.duplicate()).isTrue();
            assertThat(stored("cut.connection")).containsExactly("only");
        }
    }

    @Test
    void eventsAreStoredOnceThoughTheHubIsKilledBetween() {
        Hookline client = client(hub.url());
        Map<Integer, Long> ids = new ConcurrentHashMap<>();
        try (var threads = Executors.newFixedThreadPool(32)) {
            CompletableFuture<?>[] all = IntStream.range(0, EVENTS)
                    .mapToObj(i -> CompletableFuture.runAsync(
                            () -> ids.put(
                                    i,
                                    client.publish(Event.of("killed.hub", Integer.toString(i), Map.of("n", i)))
                                            .id()),
                            threads))
                    .toArray(CompletableFuture[]::new);
            await().pollInterval(Duration.ofMillis(2)).until(() -> ids.size() > 50);
            hub.kill();
            assertThat(ids.size()).isLessThan(EVENTS);
            hub.restart();
            CompletableFuture.allOf(all).join();
        }

        assertThat(ids).hasSize(EVENTS);
        assertThat(ids.values()).doesNotHaveDuplicates();
        assertThat(stored("killed.hub"))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, EVENTS).mapToObj(Integer::toString).toList());
    }

    @Test
    void wrongPasswordIsSaid() {
        assertThatThrownBy(() -> Hookline.at(hub.url()).login("admin", "wrong").publish(Event.of("a.b", "1", Map.of())))
                .isInstanceOf(HooklineException.NotAuthorized.class);
    }
}
