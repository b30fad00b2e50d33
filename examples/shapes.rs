/* SPDX-License-Identifier: MIT */
//! shapes.rs - Rust: trait objects, closures, iterators and generic functions.
//!
//! Run:  prof run build/examples/shapes
//! See:  <shapes::Circle as shapes::Shape>::area with a quarter of the time and
//!       <shapes::Polygon as shapes::Shape>::area with the rest; paths and type names readable,
//!       iterator adaptors as inline frames inside.

use std::env;
use std::process;

trait Shape {
    fn area(&self, rounds: u64) -> u64;
}

struct Circle {
    radius: u64,
}

struct Polygon {
    sides: Vec<u64>,
}

/// One round takes the same time everywhere; integers wrap, so the result is the same everywhere.
#[inline(always)]
fn refine(state: u64, _round: u64) -> u64 {
    let state = state ^ (state << 13);
    let state = state ^ (state >> 7);
    state ^ (state << 17)
}

impl Shape for Circle {
    #[inline(never)]
    fn area(&self, rounds: u64) -> u64 {
        (0..rounds).fold(self.radius, refine)
    }
}

impl Shape for Polygon {
    #[inline(never)]
    fn area(&self, rounds: u64) -> u64 {
        self.sides
            .iter()
            .map(|side| (0..rounds).fold(*side, refine))
            .fold(0, u64::wrapping_add)
    }
}

#[inline(never)]
fn total_area(shapes: &[Box<dyn Shape>], rounds: u64) -> u64 {
    shapes
        .iter()
        .map(|shape| shape.area(rounds))
        .fold(0, u64::wrapping_add)
}

fn work_percent() -> Option<u64> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => Some(100),
        [only] => only.parse().ok().filter(|percent| *percent <= 100_000),
        _ => None,
    }
}

fn main() {
    let Some(percent) = work_percent() else {
        eprintln!("usage: shapes [WORK]   in percent, from 0 to 100000, 100 by default");
        process::exit(2);
    };
    let shapes: Vec<Box<dyn Shape>> = vec![
        Box::new(Circle { radius: 88172645463325252 }),
        Box::new(Polygon { sides: vec![3, 5, 8] }),
    ];
    println!("area {:016x}", total_area(&shapes, percent * 2_000_000));
}
