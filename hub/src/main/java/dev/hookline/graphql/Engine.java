package dev.hookline.graphql;

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
import graphql.execution.preparsed.PreparsedDocumentEntry;
import graphql.schema.GraphQLTypeUtil;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes requests against the schema. Depth and cost are bounded before anything is read: a field costs one, and a list as
 * many times what its items cost as its {@code limit} says. So many run at once at most; each on the thread that asks.
 */
final class Engine {
    static final int DEPTH_MAX = 15;
    static final int COST_MAX = 20_000;

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
    private static final String SCHEMA = "graphql/schema.graphqls";
    private static final int LIST_ITEMS_ASSUMED = 10;
    private static final int AT_ONCE = 16;
    private static final Duration REQUEST_WAITS_MAX = Duration.ofSeconds(5);

    /** A subscription has no one who waits for an answer, and would only come again. */
    private static final Duration SUBSCRIPTION_WAITS_MAX = Duration.ofMinutes(2);

    private static final int DOCUMENTS_KEPT = 200;
    private static final int KEPT_DOCUMENT_CHARS_MAX = 8_192;

    private final GraphQL graph;
    private final Loaders loaders;
    private final Semaphore running = new Semaphore(AT_ONCE, true);
    private final Map<String, PreparsedDocumentEntry> documents =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, PreparsedDocumentEntry> eldest) {
                    return size() > DOCUMENTS_KEPT;
                }
            });

    Engine(Fields fields, Loaders loaders) {
        this.loaders = loaders;
        DataFetcherExceptionHandler failures = Engine::explain;
        this.graph = GraphQL.newGraphQL(
                        new SchemaGenerator().makeExecutableSchema(new SchemaParser().parse(sdl()), fields.wiring()))
                .defaultDataFetcherExceptionHandler(failures)
                // For a subscription it runs once for each event, as a query over that event would.
                .subscriptionExecutionStrategy(new AsyncExecutionStrategy(failures))
                .instrumentation(new ChainedInstrumentation(List.of(
                        new MaxQueryDepthInstrumentation(DEPTH_MAX),
                        new MaxQueryComplexityInstrumentation(COST_MAX, cost()))))
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

    /** Waits for its turn, and executes. Blocks. */
    ExecutionResult execute(GraphRequest request, Run run) {
        try {
            Duration max = run.event() == null ? REQUEST_WAITS_MAX : SUBSCRIPTION_WAITS_MAX;
            if (!running.tryAcquire(max.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new GraphProblem(503, null, "The hub is busy; try again shortly");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GraphProblem(503, null, "The hub is stopping");
        }
        try {
            return graph.execute(ExecutionInput.newExecutionInput(request.query())
                    .operationName(request.operationName())
                    .variables(request.variables())
                    .graphQLContext(Map.of(Run.class, run))
                    .dataLoaderRegistry(loaders.of(run.caller().tenant()))
                    .build());
        } finally {
            running.release();
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
            return (int) Math.min(1 + items * children, Integer.MAX_VALUE / 1_000);
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
            String argument = problem.argument();
            error.message("%s", problem.getMessage())
                    .extensions(
                            argument == null
                                    ? Map.of("code", problem.code())
                                    : Map.of("code", problem.code(), "argument", argument));
        } else {
            LOG.error("The field {} failed", failed.getPath(), failure);
            error.message("An unexpected error occurred on the server").extensions(Map.of("code", "INTERNAL"));
        }
        return CompletableFuture.completedFuture(
                DataFetcherExceptionHandlerResult.newResult(error.build()).build());
    }
}
