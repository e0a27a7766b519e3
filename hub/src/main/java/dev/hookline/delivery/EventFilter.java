package dev.hookline.delivery;

import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A condition on events, in the Common Expression Language: {@code data.amount > 1000 && 'state' in changed_fields}. It sees
 * {@code event_type}, {@code model}, {@code record_id} (a number or null), {@code record_key}, {@code operation}, {@code
 * priority}, {@code source}, {@code changed_fields} (empty where the sender did not say) and {@code data}, the payload.
 *
 * <p>A tenant writes it, and it runs on the thread that fans out for all of them, so what it may cost is bounded: 1,000
 * characters; of the macros only {@code has}, {@code all}, {@code exists} and {@code exists_one}, two within each other at
 * most; nothing that builds texts or lists ({@code +} is for numbers and times, and there is no {@code bytes}); and {@value
 * #WORK_MAX} units of work, of which each step takes one, and one more for every 32 characters it looks at. Regular
 * expressions are RE2's, which take time in proportion to the text.
 */
final class EventFilter {
    static final int CHARS_MAX = 1_000;
    private static final int WORK_MAX = 200_000;
    private static final int CHARS_PER_UNIT = 32;
    private static final int NESTED_LOOPS_MAX = 2;
    private static final Set<String> BUILDING = Set.of("ADD_STRING", "ADD_BYTES", "ADD_LIST");
    private static final Set<String> DEEP = Set.of("_==_", "_!=_", "@in");
    private static final Set<CelKind> FLAT =
            Set.of(CelKind.BOOL, CelKind.INT, CelKind.UINT, CelKind.DOUBLE, CelKind.STRING, CelKind.NULL_TYPE);

    /** Loaded with the first filter: most hubs have none. */
    private static final class Language {
        private static final CelOptions OPTIONS = CelOptions.current()
                .maxExpressionCodePointSize(CHARS_MAX)
                .maxParseRecursionDepth(32)
                .comprehensionMaxIterations(100_000)
                .maxRegexProgramSize(500)
                .enableHeterogeneousNumericComparisons(true)
                .build();

        static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(
                        CelStandardMacro.HAS,
                        CelStandardMacro.ALL,
                        CelStandardMacro.EXISTS,
                        CelStandardMacro.EXISTS_ONE)
                .setStandardEnvironmentEnabled(false)
                .setStandardDeclarations(CelStandardDeclarations.newBuilder()
                        .filterFunctions((function, overload) ->
                                function != CelStandardDeclarations.StandardFunction.BYTES && allowed(overload))
                        .build())
                .addVar("event_type", SimpleType.STRING)
                .addVar("model", SimpleType.STRING)
                .addVar("record_id", SimpleType.DYN)
                .addVar("record_key", SimpleType.STRING)
                .addVar("operation", SimpleType.STRING)
                .addVar("priority", SimpleType.STRING)
                .addVar("source", SimpleType.STRING)
                .addVar("changed_fields", ListType.create(SimpleType.STRING))
                .addVar("data", MapType.create(SimpleType.STRING, SimpleType.DYN))
                .setResultType(SimpleType.BOOL)
                .build();

        static final CelRuntime RUNTIME = CelRuntimeFactory.legacyCelRuntimeBuilder()
                .setOptions(OPTIONS)
                .setStandardEnvironmentEnabled(false)
                .setStandardFunctions(CelStandardFunctions.newBuilder()
                        .filterFunctions((function, overload) ->
                                function != CelStandardFunctions.StandardFunction.BYTES && allowed(overload))
                        .build())
                .build();

        /** The overloads are constants of enums, which share no type but have the same names. */
        private static boolean allowed(Object overload) {
            return !(overload instanceof Enum<?> constant && BUILDING.contains(constant.name()));
        }
    }

    /** What a text is found to be. */
    sealed interface Compiled {
        record Ready(EventFilter filter) implements Compiled {}

        /**
         * No condition.
         *
         * @param reason a sentence for the person who wrote it, with the compiler's own words
         */
        record Refused(String reason) implements Compiled {}
    }

    /** What a filter says of an event. */
    sealed interface Verdict {
        record Said(boolean matches) implements Verdict {}

        /** It could not say: a field is missing, a type is another, or it took too much work. */
        record Failed(String reason) implements Verdict {}
    }

    /** No bug: thrown through the interpreter, to stop it. */
    private static final class TooMuchWork extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooMuchWork() {
            super("The filter takes too much work on this event", null, false, false);
        }
    }

    private static final class Work {
        private final int deepUnits;
        private final Set<Long> deep;
        private long units;

        Work(int deepUnits, Set<Long> deep) {
            this.deepUnits = deepUnits;
            this.deep = deep;
        }

        void did(CelExpr step, Object result) {
            units += 1 + (result instanceof String text ? text.length() / CHARS_PER_UNIT : 0);
            if (!deep.isEmpty() && deep.contains(step.id())) {
                units += deepUnits;
            }
            if (units > WORK_MAX) {
                throw new TooMuchWork();
            }
        }
    }

    private final CelRuntime.Program program;

    /** The comparisons that may go through a whole payload. */
    private final Set<Long> deep;

    private EventFilter(CelRuntime.Program program, Set<Long> deep) {
        this.program = program;
        this.deep = deep;
    }

    /** Takes some milliseconds; the first one, up to a second. */
    static Compiled compile(String text) {
        try {
            CelAbstractSyntaxTree tree = Language.COMPILER.compile(text).getAst();
            ExpressionWalk walk = new ExpressionWalk(tree.getTypeMap());
            walk.visit(tree.getExpr(), 0);
            if (walk.loopsDeep > NESTED_LOOPS_MAX) {
                return new Compiled.Refused("The filter has more than two of all, exists and exists_one in each other");
            }
            return new Compiled.Ready(new EventFilter(Language.RUNTIME.createProgram(tree), Set.copyOf(walk.deep)));
        } catch (CelValidationException | CelEvaluationException e) {
            return new Compiled.Refused("The filter is no CEL condition: " + e.getMessage());
        }
    }

    Verdict test(FilterInput input) {
        Work work = new Work(input.payloadChars() / CHARS_PER_UNIT, deep);
        try {
            Object result = program.trace(input, work::did);
            return result instanceof Boolean matches
                    ? new Verdict.Said(matches)
                    : new Verdict.Failed("The filter gives no truth value");
        } catch (CelEvaluationException | RuntimeException e) {
            // Of the interpreter, which throws whatever the data made it do; the event is for others all the same.
            Throwable cause = e.getCause() instanceof TooMuchWork ? e.getCause() : e;
            return new Verdict.Failed(String.valueOf(cause.getMessage()));
        }
    }

    /** Looks through an expression once, for what it may cost. */
    private static final class ExpressionWalk {
        private final Map<Long, CelType> types;
        private final Set<Long> deep = new HashSet<>();
        private int loopsDeep;

        ExpressionWalk(Map<Long, CelType> types) {
            this.types = types;
        }

        void visit(CelExpr expression, int loops) {
            loopsDeep = Math.max(loopsDeep, loops);
            switch (expression.getKind()) {
                case SELECT -> visit(expression.select().operand(), loops);
                case CALL -> call(expression, loops);
                case LIST -> expression.list().elements().forEach(element -> visit(element, loops));
                case MAP ->
                    expression.map().entries().forEach(entry -> {
                        visit(entry.key(), loops);
                        visit(entry.value(), loops);
                    });
                case COMPREHENSION -> {
                    var loop = expression.comprehension();
                    visit(loop.iterRange(), loops);
                    for (CelExpr part :
                            List.of(loop.accuInit(), loop.loopCondition(), loop.loopStep(), loop.result())) {
                        visit(part, loops + 1);
                    }
                }
                default -> {}
            }
        }

        private void call(CelExpr expression, int loops) {
            var call = expression.call();
            call.target().ifPresent(target -> visit(target, loops));
            call.args().forEach(argument -> visit(argument, loops));
            if (DEEP.contains(call.function()) && call.args().stream().noneMatch(this::isFlat)) {
                deep.add(expression.id());
            }
        }

        private boolean isFlat(CelExpr expression) {
            CelType type = types.get(expression.id());
            return type != null && FLAT.contains(type.kind());
        }
    }
}
