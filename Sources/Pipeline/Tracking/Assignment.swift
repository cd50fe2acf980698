/// Pairs rows with columns so that the sum of what each pair gains is as large as it can be.
///
/// Kuhn's Hungarian method with potentials and shortest augmenting paths (Jonker and Volgenant 1987), exact: O(r² c) for r rows and c
/// columns, the fewer being taken as rows. Pairs that gain nothing are left apart, and so rows and columns that no chain of pairs joins
/// are solved by themselves: where few overlap it costs little more than looking at all pairs. Allocates: no, once it has had matrices
/// of that size.
struct Assignment {
  private var rowPotentials: [Double] = []
  private var columnPotentials: [Double] = []
  /// For each column the row that it is paired with, from 1; 0 for none. Column 0 stands for the row that is being placed.
  private var rowOfColumn: [Int] = []
  private var previous: [Int] = []
  private var shortest: [Double] = []
  private var isVisited: [Bool] = []
  // What is joined by pairs that gain something, and which rows and columns are in such a group already.
  private var groupRows: [Int] = []
  private var groupColumns: [Int] = []
  private var isRowTaken: [Bool] = []
  private var isColumnTaken: [Bool] = []

  /// - Parameters:
  ///   - rows: how many there are.
  ///   - columns: how many there are.
  ///   - gains: what a pair gains, row by row, finite and at least 0.
  ///   - pair: called for each pair that gains something.
  mutating func solve(rows: Int, columns: Int, gains: [Double], _ pair: (_ row: Int, _ column: Int) -> Void) {
    guard rows > 0, columns > 0, gains.count >= rows * columns else { return }
    Self.reset(&isRowTaken, rows, false)
    Self.reset(&isColumnTaken, columns, false)
    for row in 0..<rows where !isRowTaken[row] {
      gather(from: row, rows: rows, columns: columns, gains)
      solveGroup(columns: columns, gains, pair)
    }
  }

  /// Finds the rows and columns that a row is joined with.
  private mutating func gather(from first: Int, rows: Int, columns: Int, _ gains: [Double]) {
    groupRows.removeAll(keepingCapacity: true)
    groupColumns.removeAll(keepingCapacity: true)
    groupRows.append(first)
    isRowTaken[first] = true
    var next = 0
    while next < groupRows.count {
      let row = groupRows[next]
      next += 1
      for column in 0..<columns where !isColumnTaken[column] && gains[row * columns + column] > 0 {
        isColumnTaken[column] = true
        groupColumns.append(column)
        for other in 0..<rows where !isRowTaken[other] && gains[other * columns + column] > 0 {
          isRowTaken[other] = true
          groupRows.append(other)
        }
      }
    }
    groupRows.sort()
    groupColumns.sort()
  }

  private mutating func solveGroup(columns: Int, _ gains: [Double], _ pair: (_ row: Int, _ column: Int) -> Void) {
    let (rowNumbers, columnNumbers) = (groupRows, groupColumns)
    let (rows, all) = (rowNumbers.count, columns)
    let columns = columnNumbers.count
    guard columns > 0 else { return }
    let isTurned = rows > columns
    let (few, many) = isTurned ? (columns, rows) : (rows, columns)
    func gain(_ row: Int, _ column: Int) -> Double {
      isTurned
        ? gains[rowNumbers[column] * all + columnNumbers[row]] : gains[rowNumbers[row] * all + columnNumbers[column]]
    }
    clear(few: few, many: many)
    for row in 1...few {
      rowOfColumn[0] = row
      var column = 0
      for place in 0...many {
        shortest[place] = .infinity
        isVisited[place] = false
      }
      repeat {
        isVisited[column] = true
        let current = rowOfColumn[column]
        var (step, next) = (Double.infinity, 0)
        for other in 1...many where !isVisited[other] {
          // What a pair costs is what it does not gain.
          let cost = -gain(current - 1, other - 1) - rowPotentials[current] - columnPotentials[other]
          if cost < shortest[other] {
            shortest[other] = cost
            previous[other] = column
          }
          if shortest[other] < step { (step, next) = (shortest[other], other) }
        }
        for other in 0...many {
          if isVisited[other] {
            rowPotentials[rowOfColumn[other]] += step
            columnPotentials[other] -= step
          } else {
            shortest[other] -= step
          }
        }
        column = next
      } while rowOfColumn[column] != 0
      while column != 0 {
        rowOfColumn[column] = rowOfColumn[previous[column]]
        column = previous[column]
      }
    }
    for column in 1...many where rowOfColumn[column] > 0 {
      let row = rowOfColumn[column] - 1
      guard gain(row, column - 1) > 0 else { continue }
      if isTurned {
        pair(rowNumbers[column - 1], columnNumbers[row])
      } else {
        pair(rowNumbers[row], columnNumbers[column - 1])
      }
    }
  }

  private static func reset<Value>(_ values: inout [Value], _ count: Int, _ value: Value) {
    values.removeAll(keepingCapacity: true)
    for _ in 0...count { values.append(value) }
  }

  private mutating func clear(few: Int, many: Int) {
    Self.reset(&rowPotentials, few, 0)
    Self.reset(&columnPotentials, many, 0)
    Self.reset(&rowOfColumn, many, 0)
    Self.reset(&previous, many, 0)
    Self.reset(&shortest, many, 0)
    Self.reset(&isVisited, many, false)
  }
}
