---@meta
-- lunette.ui: pages and panels that scripts add to the explorer. A view describes what to show, as
-- plain data made of components; the explorer draws it, and asks again each `every` seconds.

---@class lunette.ui
---@field KINDS string[] the components' names
local ui = {}

---@class lunette.Page
---@field title string? its name, when absent
---@field every number? seconds between two looks, 0.1 at least; never again when absent
---@field view fun(ui: lunette.Components, params: table<string, string>): any

--- Adds a page of its own, in the explorer's menu. params are those of its address.
---@param name string in its address: letters, digits, "_" and "-"
---@param spec lunette.Page
---@return table page
function ui.page(name, spec) end

---@class lunette.Panel
---@field title string?
---@field place "program"|"map"|"overview" the page that it is a part of
---@field every number?
---@field view fun(ui: lunette.Components, params: table, id: integer?): any nil: nothing to say

--- Adds a part to one of the explorer's pages; its view gets the id of the program or map.
---@param name string
---@param spec lunette.Panel
---@return table panel
function ui.panel(name, spec) end

--- All pages, as declared.
---@return table[]
function ui.pages() end

--- The result of a page's or panel's view. Raises the view's errors.
---@param item table|string a page or panel, or a page's name
---@param params table?
---@param id integer?
---@return any
function ui.render(item, params, id) end

--- The components that a view gets. Each takes a table, or a text; items without a name are its
--- children. Every component may have a title.
---@class lunette.Components
---@field page fun(props: table): table children below each other
---@field column fun(props: table): table the same
---@field row fun(props: table): table children beside each other
---@field grid fun(props: table): table the same
---@field section fun(props: table): table children in a frame
---@field card fun(props: table): table the same
---@field text fun(props: string|table): table paragraphs, with `code` between back quotes
---@field figure fun(props: lunette.Figure): table
---@field figures fun(props: table): table a row of figures
---@field chart fun(props: lunette.Curves): table of a map, or of given series
---@field table fun(props: lunette.Rows): table of a map, or of given rows
---@field histogram fun(props: lunette.Buckets): table of a map, or of given buckets
---@field heatmap fun(props: { map: string|integer, every: number? }): table a histogram over time
---@field flame fun(props: { stacks: { stack: string, value: number }[] }): table "main;read"
---@field flamegraph fun(props: table): table the same

---@class lunette.Figure
---@field label string
---@field value number|string
---@field unit string?
---@field note string?

--- A map is given by its id, its name or a pin; the newest of that name is taken.
---@class lunette.Curves
---@field map string|integer|nil
---@field by string? the key's field that tells curves apart
---@field value string? the value's field
---@field rate boolean? how much it grows a second
---@field top integer? curves, 10
---@field every number? seconds, 1
---@field times number[]? of given series
---@field series { name: string, values: number[] }[]?
---@field stacked boolean?
---@field height integer? pixels, 240
---@field unit string? "ns", "bytes", …

---@class lunette.Rows
---@field map string|integer|nil
---@field cpus "each"|nil a column a CPU, not their sum
---@field sort string? a column
---@field ascending boolean?
---@field top integer?
---@field every number? seconds, 1
---@field columns string[]? of given rows
---@field rows any[][]?

---@class lunette.Buckets
---@field map string|integer|nil
---@field every number? seconds, 1
---@field buckets { from: number?, to: number?, count: number }[]?
---@field unit string?
