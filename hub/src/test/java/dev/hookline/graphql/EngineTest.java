package dev.hookline.graphql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.access.Principal;
import dev.hookline.http.RequestLimits;
import dev.hookline.kernel.Time;
import graphql.ExecutionResult;
import graphql.GraphQLError;
import graphql.schema.DataFetcher;
import graphql.schema.idl.RuntimeWiring;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an execution may use, on fields that take as long as a test says. */
class EngineTest {
    private static final Principal CALLER = SharesTest.user(1);
    private static final long BYTES = 60L << 20;

    private final Clock clock = new Clock();
    private final Shares shares = new Shares(BYTES);
    private int reads;

    private static final class Clock implements Time {
        private long nanos;

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    private Engine engine(DataFetcher<?> events) {
        RuntimeWiring wiring = RuntimeWiring.newRuntimeWiring()
                .scalar(Scalars.DATE_TIME)
                .scalar(Scalars.LONG)
                .scalar(Scalars.JSON)
                .type(
                        "Query",
                        query -> query.dataFetcher("webhookEvents", env -> {
                            reads++;
                            return events.get(env);
                        }))
                .build();
        return new Engine(
                wiring, new Loaders(null, null, null, null), shares, new RequestLimits(false, 100, clock), clock);
    }

    private static GraphRequest many(String field, int times) {
        return new GraphRequest(
                IntStream.range(0, times)
                        .mapToObj(i -> "a" + i + ": " + field)
                        .collect(Collectors.joining(" ", "{", "}")),
                null,
                Map.of());
    }

    private static String code(GraphQLError error) {
        return String.valueOf(error.getExtensions().get("code"));
    }

    @Test
    void aRequestEndsWhenItsTimeIsOver() {
        Engine engine = engine(_ -> {
            clock.sleep(Duration.ofSeconds(6));
            return List.of();
        });

        ExecutionResult result = engine.execute(many("webhookEvents { id }", 20), Run.reading(CALLER));

        assertThat(reads).isEqualTo(3);
        assertThat(result.isDataPresent()).isFalse();
        assertThat(result.getErrors()).singleElement().satisfies(error -> {
            assertThat(code(error)).isEqualTo("TIMEOUT");
            assertThat(error.getPath()).isEqualTo(List.of("a3"));
        });
    }

    @Test
    void aRequestEndsWhenItsClientHasLeft() {
        Run run = Run.reading(CALLER);
        Engine engine = engine(_ -> {
            run.end();
            return List.of();
        });

        assertThatThrownBy(() -> engine.execute(many("webhookEvents { id }", 20), run))
                .isInstanceOf(GraphProblem.class)
                .hasMessageContaining("left");
        assertThat(reads).isEqualTo(1);
    }

    @Test
    void whatIsReadCostsMoreThanWhatIsShown() {
        Engine engine = engine(_ -> List.of());

        assertThat(engine.execute(many("webhookEvents(limit: 1) { id }", 39), Run.reading(CALLER))
                        .getErrors())
                .isEmpty();
        assertThat(engine.execute(many("webhookEvents(limit: 1) { id }", 40), Run.reading(CALLER))
                        .getErrors())
                .singleElement()
                .satisfies(error -> assertThat(error.getMessage()).contains("complexity"));
        assertThat(reads).isEqualTo(39);
    }

    private static String manyNames(int times, int length) {
        return IntStream.range(0, times)
                .mapToObj(i -> "b" + "x".repeat(length) + i + ": data")
                .collect(Collectors.joining(" ", "webhookEvents {", "}"));
    }

    @Test
    void anAnswerEndsAtSixteenMegabytesNamesIncluded() {
        Map<String, Object> large = Map.of("data", new RawValue("\"" + "x".repeat(1 << 20) + "\""));
        Map<String, Object> small = Map.of("data", new RawValue("1"));
        Engine engine = engine(env -> env.getField().getResultKey().equals("a0")
                ? List.of(large)
                : IntStream.range(0, 1_000).mapToObj(_ -> small).toList());

        ExecutionResult data = engine.execute(many(manyNames(17, 0), 1), Run.reading(CALLER));
        ExecutionResult names = engine.execute(
                new GraphRequest("{" + manyNames(1, 20_000) + "}", null, Map.of()), Run.reading(SharesTest.user(2)));

        for (ExecutionResult result : List.of(data, names)) {
            assertThat(result.isDataPresent()).isFalse();
            assertThat(result.getErrors()).singleElement().satisfies(error -> {
                assertThat(code(error)).isEqualTo("BAD_USER_INPUT");
                assertThat(error.getMessage()).contains("too large");
                assertThat(String.valueOf(error.getPath().getLast())).startsWith("b");
            });
        }
    }

    @Test
    void answersThatAreNotSentYetCountUntilTheyAre() {
        Map<String, Object> large = Map.of("data", new RawValue("\"" + "x".repeat(1 << 20) + "\""));
        Engine engine = engine(_ -> List.of(large));
        GraphRequest request = many(manyNames(14, 0), 1);
        Run first = Run.reading(CALLER);
        Run second = Run.reading(CALLER);
        engine.execute(request, first);
        engine.execute(request, second);

        assertThatThrownBy(() -> engine.execute(request, Run.reading(CALLER)))
                .isInstanceOfSatisfying(
                        GraphProblem.class,
                        problem -> assertThat(problem.status()).isEqualTo(503));
        assertThat(engine.execute(request, Run.reading(SharesTest.user(2))).getErrors())
                .isEmpty();

        first.end();

        assertThat(engine.execute(request, Run.reading(CALLER)).getErrors()).isEmpty();
    }
}
