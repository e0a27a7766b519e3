package dev.hookline.conformance;

import static dev.hookline.conformance.RentalSiteCalls.BOOKING;
import static dev.hookline.conformance.RentalSiteCalls.booking;
import static dev.hookline.conformance.RentalSiteCalls.curl;
import static dev.hookline.conformance.RentalSiteCalls.events;
import static dev.hookline.conformance.RentalSiteCalls.logFile;
import static dev.hookline.conformance.RentalSiteCalls.login;
import static dev.hookline.conformance.RentalSiteCalls.position;
import static dev.hookline.conformance.RentalSiteCalls.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.hookline.Chromium;
import dev.hookline.EventStream;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rental site of seed 000, line by line: its pages and its curl call, against a hub in a process of its own that has no
 * secret.
 */
@DisplayName("Seed 000, pages of the rental site")
class RentalSitePagesIT {
    /** What the seed pastes into the browser's console. */
    private static final String EVENT_SOURCE = """
            const eventSource = new EventSource('/api/events');

            eventSource.onmessage = (event) => {
              console.log('SSE Event:', JSON.parse(event.data));
            };

            eventSource.onerror = (error) => {
              console.error('SSE Error:', error);
            };
            """;

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;

    /** Open all the time, while other tests run. */
    private static EventStream kept;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", "", "RATE_LIMIT_ENABLED", "true"));
        token = hub.token();
        kept = stream("/api/events");
    }

    @AfterAll
    static void stop() {
        kept.close();
        hub.close();
    }

    private static HttpResponse<String> send(String path, String body) {
        return RentalSiteCalls.send(hub, path, body);
    }

    private static HttpResponse<String> read(String path) {
        return hub.get(path, "Authorization", "Bearer " + token);
    }

    private static EventStream stream(String path, String... headers) {
        List<String> all = new ArrayList<>(List.of("Authorization", "Bearer " + token));
        all.addAll(List.of(headers));
        return EventStream.open(hub.uri(path), all.toArray(String[]::new));
    }

    // ---- The seed's curl call ---------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"booking", "inventory"})
    void curlTestIsAnsweredWhereThereIsNoSecret(String name) throws Exception {
        long before = events(hub);

        assertThat(curl(hub, name)).endsWith("\n200").contains("\"success\":true");

        assertThat(events(hub)).isEqualTo(before);
    }

    // ---- GET /api/events --------------------------------------------------------------------------------------------

    @Test
    void plainEventSourceInABrowserGetsEveryEventAsAnUnnamedMessage() {
        try (Chromium chromium = new Chromium();
                Chromium.Tab tab = chromium.open(ColorScheme.LIGHT)) {
            Page page = tab.page();
            List<String> printed = new ArrayList<>();
            page.onConsoleMessage(message -> printed.add(message.text()));
            page.navigate(hub.url() + "/docs");
            Object status = page.evaluate("""
                    body => fetch('/auth/login', { method: 'POST', body }).then(answer => answer.status)
                    """, login());
            assertThat(status).isEqualTo(200);
            page.evaluate("""
                    () => {
                      %s
                      window.received = [];
                      eventSource.addEventListener('message', e => received.push([e.lastEventId, JSON.parse(e.data)]));
                      return new Promise(opened => eventSource.onopen = opened).then(() => true);
                    }
                    """.formatted(EVENT_SOURCE));

            long position = position(send(BOOKING, booking("BROWSER-1")));
            page.waitForFunction("received.length > 0");

            JsonNode received = Json.read((String) page.evaluate("JSON.stringify(received[0])"));
            assertThat(received.get(0).asText()).isEqualTo(String.valueOf(position));
            assertThat(received.get(1).path("id").asLong()).isEqualTo(position);
            assertThat(received.get(1).path("data")).isEqualTo(Json.read(booking("BROWSER-1")));
            assertThat(printed).anyMatch(line -> line.startsWith("SSE Event:"));
            assertThat(tab.complaints()).isEmpty();
        }
    }

    @Test
    void tokenInTheQueryOpensTheStreamAndIsNotLogged() {
        try (EventStream stream = EventStream.open(hub.uri("/api/events?access_token=" + token))) {
            long position = position(send(BOOKING, booking("QUERY-1")));

            EventStream.Message message = stream.await(1).getFirst();

            assertThat(message.id()).isEqualTo(position);
            assertThat(message.data().path("record_key").asText()).isEqualTo("QUERY-1");
            assertThat(stream.lines()).noneMatch(line -> line.startsWith("event:"));
            assertThat(hub.output() + logFile(hub)).doesNotContain(token);
        }
    }

    @Test
    void streamResumesAfterLastEventIdWhichWinsOverSince() {
        long first = position(send(BOOKING, booking("RESUME-1")));
        long second = position(send(BOOKING, booking("RESUME-2")));
        long third = position(send(BOOKING, booking("RESUME-3")));

        try (EventStream bySince = stream("/api/events?since=" + first);
                EventStream byHeader = stream("/api/events", "Last-Event-ID", String.valueOf(first));
                EventStream byBoth = stream("/api/events?since=0", "Last-Event-ID", String.valueOf(second))) {
            assertThat(bySince.await(2)).extracting(EventStream.Message::id).startsWith(second, third);
            assertThat(byHeader.await(2)).extracting(EventStream.Message::id).startsWith(second, third);
            assertThat(byBoth.await(1)).extracting(EventStream.Message::id).startsWith(third);
        }
    }

    @Test
    void commentKeepsTheStreamOpen() {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> kept.lines().stream()
                                .filter(line -> line.startsWith(":"))
                                .count()
                        >= 2);

        assertThat(kept.lines()).contains(": heartbeat").doesNotContain("(ended)");
    }

    @Test
    void streamWithoutATokenIsRefusedAndSaysHowToBringOne() {
        for (HttpResponse<String> answer : List.of(
                hub.get("/api/events"),
                hub.get("/api/events?access_token=wrong"),
                hub.get("/api/events", "Authorization", "Bearer wrong"),
                hub.get("/api/events", "Cookie", "hookline_token=wrong"))) {
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(HubProcess.json(answer).path("error").path("type").asText())
                    .isEqualTo("Unauthorized");
        }
    }

    // ---- Events reach an event store, streams broadcast them, nothing shows what was before
    // ---------------------------

    @Test
    void answeredEventIsInTheLogOnEveryStreamAndInTheNextRead() {
        send(BOOKING, booking("FRESH-1"));
        try (EventStream one = stream("/api/events");
                EventStream other = stream("/api/events")) {
            for (String type : List.of("booking.confirmed", "booking.cancelled")) {
                long position =
                        position(send(BOOKING, "{\"event_type\":\"" + type + "\",\"booking_ref\":\"FRESH-1\"}"));

                JsonNode record = HubProcess.json(read("/api/v1/records/booking/FRESH-1"));
                assertThat(record.path("last_position").asLong()).isEqualTo(position);
                assertThat("booking." + record.path("state").path("status").asText())
                        .isEqualTo(type);
                assertThat(row(hub, "SELECT event_type FROM event WHERE position = " + position))
                        .containsExactly(type);
            }
            assertThat(one.await(2)).isEqualTo(other.await(2));
        }
    }
}
