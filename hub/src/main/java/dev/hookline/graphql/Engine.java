package dev.hookline.graphql;

import dev.hookline.http.Problem;
import dev.hookline.http.RequestLimits;
import dev.hookline.kernel.Time;
import graphql.ExecutionInput;
import graphql.ExecutionResult;
import graphql.GraphQL;
import graphql.GraphqlErrorBuilder;
import graphql.analysis.FieldComplexityCalculator;
import graphql.analysis.FieldComplexityEnvironment;
import graphql.analysis.MaxQueryComplexityInstrumentation;
import graphql.analysis.MaxQueryDepthInstrumentation;
import graphql.execution.AsyncExecutionStrategy;
import graphql.execution.DataFetcherExceptionHandler;
import graphql.execution.DataFetcherExceptionHandlerParameters;
import graphql.execution.DataFetcherExceptionHandlerResult;
import graphql.execution.instrumentation.ChainedInstrumentation;
import graphql.execution.instrumentation.InstrumentationState;
import graphql.execution.instrumentation.SimplePerformantInstrumentation;
import graphql.execution.instrumentation.parameters.InstrumentationFieldFetchParameters;
import graphql.execution.preparsed.PreparsedDocumentEntry;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.GraphQLTypeUtil;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes requests against the schema. Depth and cost are bounded before anything is read: a field costs one, one that reads
 * for itself {@link #READ_COST}, and a list as many times what its items cost as its {@code limit} says. What an execution then
 * uses is bounded by its {@link Allowance}, how many there are by {@link Shares}. Each runs on the thread that asks.
 */
final class Engine {
    static final int DEPTH_MAX = 15;
    static final int COST_MAX = 20_000;
    static final int READ_COST = 500;
    static final int REQUESTS_PER_MINUTE = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
    private static final String SCHEMA = "graphql/schema.graphqls";
    private static final int LIST_ITEMS_ASSUMED = 10;
    private static final Duration WAIT_MAX = Duration.ofSeconds(5);

    /** Nobody waits for what is pushed, and a subscription that ended for load would come again at once. */
    private static final Duration PUSH_WAIT_MAX = Duration.ofMinutes(2);

    /** The types whose every field reads, or changes something. */
    private static final Set<String> READING = Set.of("Query", "Mutation");

    private static final int DOCUMENTS_KEPT = 200;
    private static final int KEPT_DOCUMENT_CHARS_MAX = 8_192;

    private final GraphQL graph;
    private final Loaders loaders;
    private final Shares shares;
    private final RequestLimits limits;
    private final Time time;
    private final Map<String, PreparsedDocumentEntry> documents =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, PreparsedDocumentEntry> eldest) {
                    return size() > DOCUMENTS_KEPT;
                }
            });

    Engine(RuntimeWiring wiring, Loaders loaders, Shares shares, RequestLimits limits, Time time) {
        this.loaders = loaders;
        this.shares = shares;
        this.limits = limits;
        this.time = time;
        DataFetcherExceptionHandler failures = Engine::explain;
        this.graph = GraphQL.newGraphQL(
                        new SchemaGenerator().makeExecutableSchema(new SchemaParser().parse(sdl()), wiring))
                .defaultDataFetcherExceptionHandler(failures)
                // For a subscription it runs once for each event, as a query over that event would.
                .subscriptionExecutionStrategy(new AsyncExecutionStrategy(failures))
                .instrumentation(new ChainedInstrumentation(List.of(
                        new MaxQueryDepthInstrumentation(DEPTH_MAX),
                        new MaxQueryComplexityInstrumentation(COST_MAX, cost()),
                        new Allowing())))
                .preparsedDocumentProvider((input, parse) ->
                        CompletableFuture.completedFuture(document(input.getQuery(), () -> parse.apply(input))))
                .build();
    }

    private static String sdl() {
        try (InputStream in = Engine.class.getClassLoader().getResourceAsStream(SCHEMA)) {
            if (in == null) {
                throw new IllegalStateException("The class path lacks " + SCHEMA);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits for its turn, and executes. Blocks. What the answer holds is given back by {@link Run#end}.
     *
     * @throws GraphProblem where the hub is busy, or the user asks too often
     */
    ExecutionResult execute(GraphRequest request, Run run) {
        boolean pushed = run.event() != null;
        if (!pushed) {
            count(run);
        }
        try (Shares.Turn _ = shares.take(
                run.caller(),
                pushed ? PUSH_WAIT_MAX : WAIT_MAX,
                run.mayFollow() ? Integer.MAX_VALUE : Shares.WAITING_OF_USER_MAX)) {
            return inTurn(request, run);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GraphProblem(503, null, "The hub is stopping");
        } finally {
            if (pushed) {
                run.end();
            }
        }
    }

    private void count(Run run) {
        try {
            limits.countInMinute("graphql", REQUESTS_PER_MINUTE, run.caller());
        } catch (Problem e) {
            throw GraphProblem.of(e);
        }
    }

    private ExecutionResult inTurn(GraphRequest request, Run run) {
        Allowance allowance = new Allowance(
                time, shares, run.caller(), run.mayFollow() ? Allowance.MESSAGE_BYTES_MAX : Allowance.ANSWER_BYTES_MAX);
        run.begin(allowance);
        allowance.mayGoOn();
        ExecutionResult result = graph.execute(ExecutionInput.newExecutionInput(request.query())
                .operationName(request.operationName())
                .variables(request.variables())
                .graphQLContext(Map.of(Run.class, run))
                .dataLoaderRegistry(loaders.of(run))
                .build());
        GraphProblem stopped = allowance.stopped();
        if (stopped == null) {
            return result;
        }
        if (stopped.status() == 503) {
            throw stopped;
        }
        // Every field that came after it has failed for the same reason.
        return ExecutionResult.newExecutionResult()
                .errors(result.getErrors().stream()
                        .filter(error -> error.getMessage().equals(stopped.getMessage()))
                        .limit(1)
                        .toList())
                .build();
    }

    /** Holds each field to the allowance of its execution. */
    private static final class Allowing extends SimplePerformantInstrumentation {
        @Override
        public DataFetcher<?> instrumentDataFetcher(
                DataFetcher<?> fetcher,
                InstrumentationFieldFetchParameters parameters,
                @Nullable InstrumentationState state) {
            return (DataFetchingEnvironment env) -> {
                Run run = Objects.requireNonNull(env.getGraphQlContext().<Run>get(Run.class));
                run.allowance().mayGoOn();
                Object value = fetcher.get(env);
                run.allowance().answer(env.getField().getResultKey(), value);
                return value;
            };
        }
    }

    private interface Parse {
        PreparsedDocumentEntry parse();
    }

    private PreparsedDocumentEntry document(String query, Parse parse) {
        if (query.length() > KEPT_DOCUMENT_CHARS_MAX) {
            return parse.parse();
        }
        PreparsedDocumentEntry known = documents.get(query);
        if (known == null) {
            known = parse.parse();
            documents.put(query, known);
        }
        return known;
    }

    /** The schema's own description is bounded by graphql-java. */
    private static FieldComplexityCalculator cost() {
        return (FieldComplexityEnvironment field, int children) -> {
            if (field.getParentType().getName().startsWith("__")
                    || field.getField().getName().startsWith("__")) {
                return 0;
            }
            Object limit = field.getArguments().get("limit");
            boolean list = GraphQLTypeUtil.isList(
                    GraphQLTypeUtil.unwrapNonNull(field.getFieldDefinition().getType()));
            long items = limit instanceof Integer number ? Math.max(number, 1) : list ? LIST_ITEMS_ASSUMED : 1;
            int own = READING.contains(field.getParentType().getName()) ? READ_COST : 1;
            return (int) Math.min(own + items * children, Integer.MAX_VALUE / 1_000);
        };
    }

    private static CompletableFuture<DataFetcherExceptionHandlerResult> explain(
            DataFetcherExceptionHandlerParameters failed) {
        Throwable failure = failed.getException();
        while (failure instanceof CompletionException && failure.getCause() != null) {
            failure = failure.getCause();
        }
        GraphqlErrorBuilder<?> error =
                GraphqlErrorBuilder.newError().path(failed.getPath()).location(failed.getSourceLocation());
        if (failure instanceof GraphProblem problem) {
            Map<String, Object> extensions = new HashMap<>(Map.of("code", problem.code()));
            if (problem.argument() != null) {
                extensions.put("argument", problem.argument());
            }
            if (problem.status() == 429) {
                extensions.put("retryAfter", problem.retryAfterSeconds());
            }
            error.message("%s", problem.getMessage()).extensions(extensions);
        } else {
            LOG.error("The field {} failed", failed.getPath(), failure);
            error.message("An unexpected error occurred on the server").extensions(Map.of("code", "INTERNAL"));
        }
        return CompletableFuture.completedFuture(
                DataFetcherExceptionHandlerResult.newResult(error.build()).build());
    }
}
