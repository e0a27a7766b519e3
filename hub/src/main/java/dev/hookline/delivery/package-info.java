/**
 * Subscriptions, fan-out, signed delivery, retry, dead letters.
 *
 * <p>A delivery is one event for one subscription. Where it can be, and what moves it on:
 *
 * <pre>
 *   FanOut ──held──▶ in a node's memory ──sent──▶ delivered
 *      │                  ▲        │ └──refused──▶ retrying: due later ─┐
 *      └──no room──▶ due at once ──┘ └──────given up──▶ dead            │
 *                         ▲  claim                                      │
 *                         └─────────────────────────────────────────────┘
 *   a node that dies: what it held is due at once, by any other node
 * </pre>
 */
@NullMarked
package dev.hookline.delivery;

import org.jspecify.annotations.NullMarked;
