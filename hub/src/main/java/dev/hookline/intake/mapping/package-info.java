/**
 * Mappings: how any sender's JSON becomes an event and a change of a record, as data instead of code.
 *
 * <p>A definition is a JSON object. Wherever a value is wanted, a text is a constant, and an object says where to look:
 *
 * <pre>
 *   {"from": ["total", "lines[0].price", "header:X-Topic", "query:operation"],   the first that is there and not null
 *    "table": {"orders/create": "create"}, "otherwise": "write",                 translates what was found
 *    "prefix": "shop.", "default": "unknown"}                                    default: where nothing usable was found
 * </pre>
 *
 * <p>A path is {@code a.b[0].c}; {@code a[*].b} gives the list of all. The keys of a definition:
 *
 * <ul>
 *   <li>{@code model} and {@code record_key}, required; a key with {@code "number": true} is also the record's number
 *   <li>{@code operation}, {@code event_type}, {@code priority}, {@code category}, {@code occurred_at}, {@code
 *       deduplication_key}, {@code changed_fields}
 *   <li>{@code payload}: the object inside the body that is the event's data; the whole body without it
 *   <li>{@code fields}: what the data's fields are called here, where they come from and of what type they are
 *   <li>{@code keep_rest}: whether the data's other fields are kept too; they are unless it is false
 *   <li>{@code record}: whether the event changes a record; it does unless this is false. Fields whose names begin with
 *       {@code _} are about the message and stay out of the record
 *   <li>{@code business_events}: whether the rules of business events may give the event a type, such as {@code
 *       sales_order.confirmed}; they may unless this is false or there is an {@code event_type}
 *   <li>{@code split}: the list inside the body whose items are an event each; {@code $} for a body that is a list
 *   <li>{@code skip_if}: what marks a body that is only a test
 *   <li>{@code variants}: several definitions, of which the first counts whose {@code when} is in the body
 * </ul>
 */
@NullMarked
package dev.hookline.intake.mapping;

import org.jspecify.annotations.NullMarked;
