-- Names of PCI vendors, devices and classes, from the system's pci.ids if it is installed. As in
-- ebpf_exporter a device is vendor << 16 | device and a subclass class << 8 | subclass; a class is
-- its byte alone, or the class of a subclass.

local pci = {}

pci.files = { "/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids" }

local ids -- { vendors = {}, devices = {}, classes = {}, subclasses = {} }

local function read_line(index, line, at)
  local class, class_name = line:match("^C (%x%x)  (.*)$")
  local vendor, vendor_name = line:match("^(%x%x%x%x)  (.*)$")
  local device, device_name = line:match("^\t(%x%x%x%x)  (.*)$")
  local subclass, subclass_name = line:match("^\t(%x%x)  (.*)$")
  if class then
    at.class, at.vendor = class, nil
    index.classes[class] = class_name
  elseif vendor then
    at.vendor, at.class = vendor, nil
    index.vendors[vendor] = vendor_name
  elseif device and at.vendor then
    index.devices[at.vendor .. device] = device_name
  elseif subclass and at.class then
    index.subclasses[at.class .. subclass] = subclass_name
  end
end

local function load()
  ids = { vendors = {}, devices = {}, classes = {}, subclasses = {} }
  for _, path in ipairs(pci.files) do
    local file = io.open(path)
    if file then
      local at = {}
      for line in file:lines() do read_line(ids, line, at) end
      file:close()
      break
    end
  end
  return ids
end

local function find(list, key)
  return (ids or load())[list][key] or "unknown pci id: 0x" .. key
end

function pci.vendor(id) return find("vendors", ("%04x"):format(id & 0xffff)) end
function pci.device(id) return find("devices", ("%08x"):format(id & 0xffffffff)) end
function pci.class(id)
  return find("classes", ("%02x"):format(id > 0xff and id >> 8 & 0xff or id & 0xff))
end
function pci.subclass(id) return find("subclasses", ("%04x"):format(id & 0xffff)) end

return pci
