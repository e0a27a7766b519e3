package dev.hookline.bench;

import dev.hookline.kernel.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Signed partial updates of orders, with their history, beside the same hub's signed bookings and beside an append that changes
 * no record.
 */
@Command(name = "orders", description = "Orders a second, beside plain ingest.")
final class OrdersBench implements Callable<Integer> {
    private static final int CONNECTIONS = 64;
    private static final List<String> STATUSES = List.of("pending", "verified", "shipped");

    @Mixin
    private Plan plan = new Plan();

    @Option(
            names = "--orders",
            defaultValue = "50000",
            description = "that are updated in turn (default: ${DEFAULT-VALUE})")
    private int orders;

    @Override
    public Integer call() throws Exception {
        try (BenchServer recordless = BenchServer.start("wired-hub");
                HubUnderTest hub = HubUnderTest.start()) {
            List<Target> sides = List.of(
                    new Target(recordless.port(), CONNECTIONS, BookingRequests.of(orders, false), 1, recordless.cpu()),
                    new Target(hub.port(), CONNECTIONS, BookingRequests.of(orders, false), 1, hub.cpu()),
                    new Target(hub.port(), CONNECTIONS, requests(), 1, hub.cpu()));
            List<Figures> figures = Rounds.alternate(plan, List.copyOf(sides));
            String details = sides.get(2).details();
            Report.of(
                    "orders",
                    List.of(
                            new Row(
                                    "orders, beside an append",
                                    "/s",
                                    figures.get(2),
                                    figures.get(0),
                                    0.6,
                                    true,
                                    details),
                            new Row(
                                    "orders, beside bookings",
                                    "/s",
                                    figures.get(2),
                                    figures.get(1),
                                    0.6,
                                    true,
                                    details)));
        }
        return 0;
    }

    private PreparedRequests requests() {
        HmacSha256 hmac = new HmacSha256(BookingRequests.SECRET.getBytes(StandardCharsets.UTF_8));
        return new PreparedRequests("/api/v2/webhooks/orders", null, orders, i -> {
            String body = String.format(
                    Locale.ROOT,
                    "{\"order_number\":\"ORD-%06d\",\"product\":\"Nike Air Max\",\"price\":%d.50,\"quantity\":%d,"
                            + "\"email\":\"guest%d@example.com\",\"status\":\"%s\"}",
                    i,
                    100 + i % 900,
                    1 + i % 5,
                    i % 997,
                    STATUSES.get(i % STATUSES.size()));
            byte[] signature = hmac.sign(body.getBytes(StandardCharsets.UTF_8));
            return List.of("X-Webhook-Signature: " + HexFormat.of().formatHex(signature), body);
        });
    }
}
