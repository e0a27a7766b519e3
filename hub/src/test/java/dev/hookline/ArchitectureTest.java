package dev.hookline;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.hookline.eventlog.PostgresTx;
import java.security.SecureRandom;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** The walls of {@code design.md}: what each package may use. */
@AnalyzeClasses(packages = "dev.hookline", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** Beside itself and {@code kernel}. */
    private static final Map<String, List<String>> MAY_USE = new LinkedHashMap<>();

    static {
        MAY_USE.put("kernel", List.of());
        MAY_USE.put("eventlog", List.of());
        MAY_USE.put("records", List.of("eventlog", "http", "access"));
        MAY_USE.put("catalogue", List.of("eventlog", "http", "access"));
        MAY_USE.put("intake", List.of("eventlog", "records", "catalogue", "http", "access"));
        MAY_USE.put("delivery", List.of("eventlog", "catalogue", "http", "access"));
        MAY_USE.put("events", List.of("eventlog", "delivery", "http", "access"));
        MAY_USE.put("devicesync", List.of("eventlog", "http", "access"));
        MAY_USE.put("live", List.of("eventlog", "http", "access"));
        MAY_USE.put("graphql", List.of("eventlog", "records", "delivery", "devicesync", "live", "http", "access"));
        MAY_USE.put("accounts", List.of("http", "access"));
        MAY_USE.put("access", List.of());
        MAY_USE.put("http", List.of("access"));
        MAY_USE.put("postgres", List.of());
        MAY_USE.put(
                "ops",
                List.of(
                        "eventlog",
                        "records",
                        "intake",
                        "delivery",
                        "events",
                        "devicesync",
                        "live",
                        "http",
                        "access",
                        "postgres"));
    }

    private static DescribedPredicate<JavaClass> inPackage(String name) {
        return resideInAPackage("dev.hookline." + name + "..");
    }

    @ArchTest
    static void everyPackageHasItsRow(JavaClasses classes) {
        List<String> packages = classes.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> !name.equals("dev.hookline"))
                .map(name -> name.substring("dev.hookline.".length()).replaceFirst("\\..*", ""))
                .distinct()
                .toList();
        assertThat(MAY_USE.keySet()).containsAll(packages);
    }

    @ArchTest
    static void packagesUseOnlyWhatTheyMay(JavaClasses classes) {
        MAY_USE.forEach((name, allowed) -> {
            List<String> others = new ArrayList<>(MAY_USE.keySet());
            others.removeAll(allowed);
            others.removeAll(List.of(name, "kernel"));
            for (String other : others) {
                noClasses()
                        .that(inPackage(name))
                        .should()
                        .dependOnClassesThat(inPackage(other))
                        .allowEmptyShould(true)
                        .check(classes);
            }
            noClasses()
                    .that(inPackage(name))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("dev.hookline")
                    .because("only the root wires")
                    .check(classes);
        });
    }

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.hookline.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyPostgresClassesSeeSql = noClasses()
            .that()
            .resideOutsideOfPackages("dev.hookline", "dev.hookline.postgres..", "dev.hookline.ops..")
            .and(DescribedPredicate.not(simpleNameStartingWith("Postgres")))
            .and()
            .haveNameNotMatching(".*\\.Postgres\\w+\\$.*")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Connection.class, PostgresTx.class);

    @ArchTest
    static final ArchRule onlyKernelTouchesClockAndChance = noClasses()
            .that()
            .resideOutsideOfPackages("dev.hookline.kernel..", "dev.hookline.postgres..")
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Random.class, SecureRandom.class);

    @ArchTest
    static final ArchRule kernelStaysSmall = classes()
            .that()
            .resideInAPackage("dev.hookline.kernel")
            .and()
            .areTopLevelClasses()
            .and()
            .haveSimpleNameNotEndingWith("package-info")
            .should(new ArchCondition<>("be fewer than ten") {
                private int seen;

                @Override
                public void check(JavaClass item, ConditionEvents events) {
                    seen++;
                    events.add(new SimpleConditionEvent(item, seen < 10, item.getName() + " is number " + seen));
                }
            });
}
